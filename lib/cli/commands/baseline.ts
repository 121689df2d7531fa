// kompakt baseline: records what a model's inputs and outputs look like, for the drift sentinel of `kompakt serve`.
import {
  counted,
  type DriftBaseline,
  KompaktError,
  Model,
  recordBaseline,
  saveBaseline,
  table,
} from '../../index.js';
import type { Command } from '../command.js';
import { samplesOf } from '../data.js';
import { dataOptions, itsFile } from '../option-types.js';

export const baselineCommand: Command = {
  name: 'baseline',
  summary: 'record what inputs and outputs look like, to tell drift by',
  arguments: [{ name: 'model', description: 'ONNX file', reads: itsFile }],
  options: [
    ...dataOptions,
    { flags: '-o, --output <file>', description: 'file to write (JSON)', writes: 'file' },
  ],
  examples: [
    [
      'kompakt baseline net.onnx --data images:day --samples 500 -o net.baseline.json',
      'then: kompakt serve net.onnx --baseline net.baseline.json',
    ],
  ],
  async run({ args, options, progress }) {
    const output = options.text('output');
    if (output === undefined)
      throw new KompaktError('KPT_USAGE', 'Option --output is required: it names the file to write.');
    const model = await Model.load(args[0]!);
    const samples = samplesOf(options, model);
    const total = options.number('samples');
    if (total !== undefined) progress.start('recording', total);
    const watched = async function* () {
      let done = 0;
      for await (const sample of samples) {
        yield sample;
        progress.update(++done);
      }
    };
    const baseline = await recordBaseline(model, watched());
    progress.stop();
    await saveBaseline(output, baseline);
    return {
      document: { model: args[0]!, output, baseline },
      text: `${text(baseline)}\n\n${output}: ${counted(baseline.samples, 'sample')}`,
    };
  },
};

function text({ inputs, outputs }: DriftBaseline): string {
  const rows = [inputs, outputs].flatMap((values, i) =>
    values.map(({ name, mean, deviation, min, max, classes }) => [
      i === 0 ? 'input' : 'output',
      name,
      ...[mean, deviation, min, max].map((value) => value.toPrecision(4)),
      classes === null
        ? null
        : `${classes.shares.filter((share) => share > 0).length} of ${classes.shares.length}`,
    ]),
  );
  const right = (title: string) => ({ title, align: 'right' as const });
  return table(
    [{ title: '' }, { title: 'value' }, ...['mean', 'deviation', 'min', 'max', 'classes seen'].map(right)],
    rows,
  );
}

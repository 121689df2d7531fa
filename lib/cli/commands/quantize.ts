// kompakt quantize: post-training quantisation to INT8, from a model and samples to a QDQ model.
import { stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { bytesText, calibrators, counted, Model, type QuantizeModelOptions, quantize } from '../../index.js';
import type { Command } from '../command.js';
import { samplesOf } from '../data.js';
import {
  bitOptions,
  bitRules,
  bitsOf,
  commaList,
  dataOptions,
  decibels,
  itsFile,
  jsonFile,
  jsonOrFile,
  oneOf,
} from '../option-types.js';

const calibratorNames = calibrators.map((calibrator) => calibrator.name);

/** 100 to 500 samples are usual; more change little and cost time. */
const defaultSamples = 300;

export const quantizeCommand: Command = {
  name: 'quantize',
  summary: 'quantise a model to INT8 after calibrating it on samples',
  arguments: [{ name: 'model', description: 'ONNX file, FP32', reads: itsFile }],
  options: [
    {
      flags: '-o, --output <file>',
      description: 'file to write (default: beside the model, .int8.onnx)',
      writes: 'file',
    },
    ...dataOptions,
    {
      flags: '--calibrator <name>',
      description: calibratorNames.join(', '),
      parse: oneOf(...calibratorNames),
      default: 'mse',
    },
    {
      flags: '--activations <type>',
      description: 'uint8 or int8',
      parse: oneOf('uint8', 'int8'),
      default: 'uint8',
    },
    ...bitOptions,
    {
      flags: '--rounding <how>',
      description:
        'of weights: nearest, or gptq so that the outputs of each layer change least; auto: gptq for fewer than 8 bits',
      parse: oneOf('auto', 'nearest', 'gptq'),
      default: 'auto',
    },
    { flags: '--symmetric', description: 'zero point in the middle of the range of activations' },
    {
      flags: '--keep-sqnr <dB>',
      description:
        'signal over noise to keep at the end of the model; the values that hurt most stay in float',
      parse: decibels,
    },
    { flags: '--per-tensor', description: 'one weight scale a tensor; per output channel without this' },
    {
      flags: '--exclude-names <list>',
      description: 'nodes that stay in float, comma-separated',
      parse: commaList,
    },
    {
      flags: '--exclude-types <list>',
      description: 'operators that stay in float, comma-separated',
      parse: commaList,
    },
    {
      flags: '--exclude-pattern <regexp>',
      description: 'nodes whose names match stay in float; once per pattern',
      repeat: true,
    },
    {
      flags: '--options <json>',
      description:
        'options of the library, JSON or a file with it, as kompakt tune finds them: they count more than others given here',
      parse: jsonOrFile,
      reads: jsonFile,
    },
  ],
  rules: bitRules,
  examples: [
    [
      'kompakt quantize model.onnx --data npy:samples.npy -o int8.onnx',
      'mse calibration on up to 300 samples, drawn evenly over all',
    ],
    [
      `kompakt quantize net.onnx --data cifar:batch.bin --preprocess '{"scale":0.0039216}' --calibrator mse`,
      'pixels 0..255 scaled to 0..1 first',
    ],
    [
      'kompakt quantize net.onnx --data images:photos --preprocess prep.json --weight-bits 4 -o net4.onnx',
      'weights of 4 bits: half the bytes of INT8',
    ],
    [
      'kompakt quantize net.onnx --data idx:images --exclude-types Softmax,MatMul',
      'some operators stay in float',
    ],
  ],
  alsoWrites: ({ args, options }) =>
    options.text('output') === undefined ? [['The default of --output', outputBeside(args[0]!)]] : [],
  async run({ args, options, progress }) {
    const file = args[0]!;
    const output = options.text('output') ?? outputBeside(file);
    const more = options.value<QuantizeModelOptions>('options');
    const samples = more?.samples ?? options.number('samples') ?? defaultSamples;
    const original = await Model.load(file);
    const bytesBefore = original.fileBytes ?? (await stat(file)).size;
    progress.start('calibrating', samples);
    const { model, report } = await quantize(original, {
      data: samplesOf(options, original, samples),
      samples,
      calibrator: options.text('calibrator')!,
      activationType: options.value<QuantizeModelOptions['activationType']>('activations')!,
      ...bitsOf(options),
      rounding: options.value<QuantizeModelOptions['rounding']>('rounding')!,
      symmetric: options.flag('symmetric'),
      perChannel: !options.flag('perTensor'),
      keepSqnr: options.number('keepSqnr') ?? null,
      exclude: {
        names: options.value<string[]>('excludeNames') ?? [],
        types: options.value<string[]>('excludeTypes') ?? [],
        patterns: [...options.list<string>('excludePattern')],
      },
      ...more,
      onProgress: (done: number) => progress.update(done),
    });
    await model.save(output);
    const sizes = { before: bytesBefore, after: (await stat(output)).size };
    const document = { model: file, output, bytes: sizes, report };
    const { layers, float } = report;
    return {
      document,
      text: [
        `${output}: ${bytesText(sizes.before)} -> ${bytesText(sizes.after)}, calibrated on ${counted(report.samples, 'sample')}`,
        `${counted(layers.length, 'layer')} in integers; in float: ${float.length === 0 ? 'none' : operatorCounts(float)}`,
      ].join('\n'),
    };
  },
};

const outputBeside = (file: string): string => join(dirname(file), `${basename(file, '.onnx')}.int8.onnx`);

/** "Softmax 2, Resize 1". */
function operatorCounts(nodes: readonly { readonly op: string }[]): string {
  const counts = new Map<string, number>();
  for (const { op } of nodes) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => `${op} ${count}`).join(', ');
}

// kompakt compare: how near a second model is to a first, per output and per layer.
import { type Comparison, compare, counted, Model, table } from '../../index.js';
import type { Command } from '../command.js';
import { samplesOf } from '../data.js';
import { vainWith } from '../option-rules.js';
import { dataOptions, itsFile } from '../option-types.js';

export const compareCommand: Command = {
  name: 'compare',
  summary: 'compare two models on the same samples, per output and per layer',
  arguments: [
    { name: 'reference', description: 'ONNX file, usually FP32', reads: itsFile },
    { name: 'candidate', description: 'ONNX file, usually quantised', reads: itsFile },
  ],
  options: [
    ...dataOptions,
    { flags: '--outputs-only', description: 'skip the layers' },
    { flags: '--all-layers', description: 'list every layer in graph order, not only the worst ones' },
  ],
  rules: [vainWith(['--all-layers'], '--outputs-only')],
  examples: [
    ['kompakt compare fp32.onnx int8.onnx --data npy:samples.npy', 'outputs, agreement and the worst layers'],
    ['kompakt compare a.onnx b.onnx --data idx:images --samples 50 --all-layers', 'every layer'],
  ],
  async run({ args, options, progress }) {
    const [reference, candidate] = [await Model.load(args[0]!), await Model.load(args[1]!)];
    const total = options.number('samples');
    if (total !== undefined) progress.start('comparing', total);
    const comparison = await compare(reference, candidate, {
      data: samplesOf(options, reference),
      layers: !options.flag('outputsOnly'),
      onSample: (done) => progress.update(done),
    });
    return { document: comparison, text: toText(comparison, options.flag('allLayers')) };
  },
};

function toText(comparison: Comparison, allLayers: boolean): string {
  const layers = allLayers ? comparison.layers : comparison.worst;
  const percent = (100 * comparison.top1Agreement).toFixed(2);
  return [
    `${counted(comparison.samples, 'sample')}, same top-1 on ${percent} %`,
    '',
    valueTable('output', comparison.outputs),
    ...(layers.length === 0 ? [] : ['', valueTable(allLayers ? 'layer' : 'worst layers', layers)]),
  ].join('\n');
}

const valueTable = (title: string, values: Comparison['outputs']): string =>
  table(
    [
      { title },
      { title: 'node' },
      { title: 'operator' },
      { title: 'SQNR, dB', digits: 2 },
      { title: 'cosine', digits: 6 },
      { title: 'max |a-b|', align: 'right' },
    ],
    values.map((value) => [
      value.name,
      value.node,
      value.op,
      value.sqnr,
      value.cosine,
      value.maxAbsError.toExponential(2),
    ]),
  );

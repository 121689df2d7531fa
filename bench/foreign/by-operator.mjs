// Which operators of quantised files round differently from what the file says, in kompakt and in onnxruntime-node as it comes:
// the bytes of each quantised tensor that differ from exact arithmetic (exact.mjs) although all bytes that it is computed from
// are the same. Usage: node bench/foreign/by-operator.mjs [--json] [--only NAME] [--samples N]. Needs the shared data folder
// and a build, as bench/foreign.mjs.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Model } from '../../dist/index.js';
import { cifar, data, imagenet, keywords, raw } from '../labelled.mjs';
import { print } from '../print.mjs';
import { canRunExactly, exactValues, moves } from './exact.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    samples: { type: 'string', default: '200' },
  },
});
const ort = createRequire(import.meta.url)('onnxruntime-node');
const folder = join(data, 'foreign-quantized');
const families = [
  { prefix: 'resnet8', samples: () => cifar('test1k_jpg.bin', raw) },
  { prefix: 'resnet20', samples: () => cifar('test1k_jpg.bin', imagenet) },
  { prefix: 'dscnn', samples: () => keywords() },
];

/** The quantised tensors of a graph: name, type, those that each is computed from, and by which operators. */
function quantised({ nodes, constants }) {
  const producers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const quantisers = nodes.filter(({ op, inputs }) => op === 'QuantizeLinear' && !constants.has(inputs[0]));
  const names = new Set(quantisers.map(({ outputs }) => outputs[0]));
  return quantisers.map((node) => {
    const [from, operators, seen] = [[], [], new Set()];
    const pending = [node.inputs[0]];
    while (pending.length > 0) {
      const name = pending.pop();
      if (seen.has(name)) continue;
      seen.add(name);
      const producer = producers.get(name);
      if (names.has(name)) from.push(name);
      else if (producer !== undefined) {
        if (producer.op !== 'DequantizeLinear' && !moves.has(producer.op)) operators.unshift(producer.op);
        pending.push(...producer.inputs.filter((input) => input !== ''));
      }
    }
    const [before, scale, zero] = node.inputs;
    const operator = operators.join(', ') || 'moves';
    const step = constants.get(scale).data[0];
    return { name: node.outputs[0], dtype: constants.get(zero).dtype, from, operator, before, step };
  });
}

/** How far a value is from the middle between two steps, in steps. */
const toMiddle = (steps) => Math.abs(steps - Math.floor(steps) - 0.5);

const same = (a, b) => a.every((v, i) => v === b[i]);

async function judge(file, samples) {
  const model = await Model.load(join(folder, file));
  if (!canRunExactly(model.graph)) return [];
  const tensors = quantised(model.graph);
  const declared = new Set(model.graph.outputs.map(({ name }) => name));
  const shown = tensors.filter(({ name }) => !declared.has(name));
  const bytes = model
    .withGraph({
      ...model.graph,
      outputs: [...model.graph.outputs, ...shown.map(({ name, dtype }) => ({ name, dtype, dims: null }))],
    })
    .toBytes();
  const sessions = {
    ours: await InferenceSession.create(bytes, { intraOpNumThreads: 1 }),
    theirs: await ort.InferenceSession.create(bytes, { intraOpNumThreads: 1, logSeverityLevel: 3 }),
  };
  const rows = new Map();
  for (const { tensor } of samples) {
    const exact = exactValues(model.graph, tensor);
    for (const [engine, session] of Object.entries(sessions)) {
      const found = await session.run({ [model.graph.inputs[0].name]: tensor });
      for (const { name, from, operator, before, step } of tensors) {
        if (!from.every((source) => same(found[source].data, exact.get(source).data))) continue;
        const empty = {
          file,
          operator,
          ours: 0,
          theirs: 0,
          oursOf: 0,
          theirsOf: 0,
          oursMiddle: 0,
          theirsMiddle: 0,
        };
        const row = rows.get(operator) ?? empty;
        rows.set(operator, row);
        const truth = exact.get(name).data;
        row[`${engine}Of`] += truth.length;
        found[name].data.forEach((v, i) => {
          if (v === truth[i]) return;
          row[engine]++;
          const distance = toMiddle(exact.get(before).data[i] / step);
          row[`${engine}Middle`] = Math.max(row[`${engine}Middle`], distance);
        });
      }
    }
  }
  for (const session of Object.values(sessions)) await session.release();
  return [...rows.values()];
}

const rows = [];
for (const { prefix, samples } of families) {
  const files = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.includes(flags.only));
  for (const file of files) rows.push(...(await judge(file, samples().slice(0, Number(flags.samples)))));
}
print(
  rows,
  [
    ['file', (r) => r.file],
    ['operator', (r) => r.operator],
    ['kompakt differs', (r) => r.ours, 0],
    ['of bytes', (r) => r.oursOf, 0],
    ['from middle', (r) => r.oursMiddle, 7],
    ['ORT differs', (r) => r.theirs, 0],
    ['of bytes', (r) => r.theirsOf, 0],
    ['from middle', (r) => r.theirsMiddle, 7],
  ],
  flags.json,
);

// What rounding weights by the error of their products (GPTQ) keeps at few bits, all layers: top-1 of rounding to the nearest and of
// GPTQ, and of the 4-bit file that onnxruntime's quantiser made of the same net. Usage: node bench/rounding.mjs [--json]
// [--bits 8,4,3,2] [--samples 300]. Needs the shared data folder and a build (npm run build).
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Model, quantize } from '../dist/index.js';
import { cifar, classifiers, data, raw, requireData, rightOf } from './labelled.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    bits: { type: 'string', default: '8,4,3,2' },
    samples: { type: 'string', default: '300' },
  },
});
requireData('rounding');

/** Files with weights of 4 bits that onnxruntime's quantiser made of the same nets. That of ResNet-8 takes channels first. */
const theirs = {
  'DS-CNN': { file: 'dscnn_kws_qdq_u8s4w.onnx' },
  'ResNet-8': { file: 'resnet8_cifar10_qdq_u8s4w.onnx', judged: cifar('test1k_jpg.bin', raw) },
  'ResNet-20': { file: 'resnet20_cifar10_qdq_u8s4w.onnx' },
};

const rows = [];
for (const { name, file, fitting, judged } of classifiers(5)) {
  const model = await Model.load(join(data, file));
  const every = Math.max(1, Math.floor(fitting.length / Number(flags.samples)));
  const samples = fitting.filter((_, i) => i % every === 0);
  const float = await rightOf(join(data, file), judged);
  for (const weightBits of flags.bits.split(',').map(Number)) {
    process.stderr.write(`${name}, ${weightBits} bits ...\n`);
    const row = { name, judged: judged.length, calibrated: samples.length, float, weightBits };
    for (const rounding of ['nearest', 'gptq']) {
      const started = performance.now();
      const { model: made } = await quantize(model, {
        data: samples.map(({ tensor }) => ({ [model.graph.inputs[0].name]: tensor })),
        samples: samples.length,
        weightBits,
        firstLastBits: null,
        rounding,
      });
      const bytes = made.toBytes();
      row[rounding] = {
        accuracy: await rightOf(bytes, judged),
        bytes: bytes.length,
        seconds: (performance.now() - started) / 1000,
      };
    }
    if (weightBits === 4) {
      const { file: other, judged: its = judged } = theirs[name];
      const path = join(data, 'foreign-quantized', other);
      row.onnxruntime = { accuracy: await rightOf(path, its), bytes: statSync(path).size };
    }
    rows.push(row);
  }
}
print(
  rows,
  [
    ['net', (r) => r.name],
    ['judged', (r) => r.judged, 0],
    ['bits', (r) => r.weightBits, 0],
    ['FP32 %', (r) => r.float, 2],
    ['nearest %', (r) => r.nearest.accuracy, 2],
    ['GPTQ %', (r) => r.gptq.accuracy, 2],
    ['KB', (r) => r.gptq.bytes / 1e3, 1],
    ['onnxruntime %', (r) => r.onnxruntime?.accuracy, 2],
    ['KB', (r) => (r.onnxruntime === undefined ? undefined : r.onnxruntime.bytes / 1e3), 1],
  ],
  flags.json,
);

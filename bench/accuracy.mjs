// Accuracy of post-training quantisation on labelled data, FP32 and INT8, in kompakt and in onnxruntime-node on the same
// samples and files. Usage: node bench/accuracy.mjs [--json] [--calibrator NAME] [--only NAME]. Needs the shared data
// folder (KOMPAKT_SHARED_DATA, default ../shared/data) and a build (npm run build).
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Model, quantize, Tensor } from '../dist/index.js';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    calibrator: { type: 'string' },
    activations: { type: 'string' },
    only: { type: 'string' },
    calibration: { type: 'string', default: '300' },
  },
});
const root = join(import.meta.dirname, '..');
const data = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');
if (!existsSync(data)) {
  console.error(`accuracy: no data at ${data}; set KOMPAKT_SHARED_DATA`);
  process.exit(1);
}
const ort = createRequire(import.meta.url)('onnxruntime-node');

/** CIFAR-10 binary records as [1,3,32,32], transformed per channel. */
function cifar(file, transform) {
  const bytes = readFileSync(join(data, 'cifar10', file));
  return Array.from({ length: bytes.length / 3073 }, (_, i) => {
    const record = bytes.subarray(i * 3073, (i + 1) * 3073);
    const x = Float32Array.from({ length: 3072 }, (_, k) => transform(record[k + 1], Math.floor(k / 1024)));
    return { label: record[0], feeds: { input: new Tensor('float32', x, [1, 3, 32, 32]) } };
  });
}

function keywords() {
  const features = new Int8Array(readFileSync(join(data, 'kws-mfcc/mfcc_int8.bin')));
  const labels = readFileSync(join(data, 'kws-mfcc/labels.bin'));
  return Array.from(labels, (label, i) => {
    const x = Float32Array.from(features.subarray(i * 490, (i + 1) * 490), (q) => (q - 83) * 0.5847029);
    return { label, feeds: { input: new Tensor('float32', x, [1, 1, 49, 10]) } };
  });
}

const raw = (v) => v;
const imagenet = (v, c) => (v / 255 - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c];
// DS-CNN has no data besides the test set: every fifth sample calibrates and is not judged.
const kws = keywords();
const cases = [
  {
    name: 'DS-CNN, kws-mfcc',
    model: 'models-mlperf-tiny/dscnn_kws.onnx',
    calibration: () => kws.filter((_, i) => i % 5 === 0),
    judged: () => kws.filter((_, i) => i % 5 !== 0),
  },
  ...[
    ['ResNet-8', 'models-mlperf-tiny/resnet8_cifar10.onnx', raw],
    ['ResNet-20', 'models-vision/resnet20_cifar10.onnx', imagenet],
  ].flatMap(([name, model, transform]) =>
    ['test1k_jpg', 'lossless_train2k'].map((set) => ({
      name: `${name}, cifar10/${set}`,
      model,
      calibration: () => cifar('train3k_jpg.bin', transform),
      judged: () => cifar(`${set}.bin`, transform),
    })),
  ),
];

const argMax = (values) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);

async function answers(session, samples) {
  const found = [];
  for (const { feeds } of samples) {
    const outputs = await session.run(feeds);
    found.push(argMax(outputs[session.outputNames[0]].data));
  }
  return found;
}

const share = (a, b) => (100 * a.filter((v, i) => v === b[i]).length) / a.length;

async function judge({ name, model: file, calibration, judged }) {
  const path = join(data, file);
  const model = await Model.load(path);
  const every = Math.max(1, Math.floor(calibration().length / Number(flags.calibration)));
  const samples = calibration().filter((_, i) => i % every === 0);
  const { model: int8 } = await quantize(model, {
    data: samples.map((s) => s.feeds),
    samples: samples.length,
    ...(flags.calibrator && { calibrator: flags.calibrator }),
    ...(flags.activations && { activationType: flags.activations }),
  });
  const bytes = int8.toBytes();
  const test = judged();
  const labels = test.map((s) => s.label);
  const sessions = {
    fp32: await InferenceSession.create(path),
    int8: await InferenceSession.create(bytes),
    ortFp32: await ort.InferenceSession.create(path, { logSeverityLevel: 3 }),
    ortInt8: await ort.InferenceSession.create(bytes, { logSeverityLevel: 3 }),
  };
  const found = {};
  for (const [key, session] of Object.entries(sessions)) found[key] = await answers(session, test);
  return {
    name,
    samples: test.length,
    calibrated: samples.length,
    fp32: share(found.fp32, labels),
    int8: share(found.int8, labels),
    drop: share(found.fp32, labels) - share(found.int8, labels),
    ortFp32: share(found.ortFp32, labels),
    ortInt8: share(found.ortInt8, labels),
    sameTop1: share(found.int8, found.ortInt8),
    bytesFp32: readFileSync(path).length,
    bytesInt8: bytes.length,
  };
}

const rows = [];
for (const one of cases) {
  if (flags.only && !one.name.includes(flags.only)) continue;
  process.stderr.write(`${one.name} ...\n`);
  rows.push(await judge(one));
}
print(
  rows,
  [
    ['model and data', (r) => r.name],
    ['judged', (r) => r.samples, 0],
    ['FP32 %', (r) => r.fp32, 2],
    ['INT8 %', (r) => r.int8, 2],
    ['drop', (r) => r.drop, 2],
    ['ORT FP32 %', (r) => r.ortFp32, 2],
    ['ORT INT8 %', (r) => r.ortInt8, 2],
    ['same top-1 %', (r) => r.sameTop1, 2],
    ['KB FP32', (r) => r.bytesFp32 / 1000, 1],
    ['KB INT8', (r) => r.bytesInt8 / 1000, 1],
  ],
  flags.json,
);
process.exit(0);

// Accuracy of post-training quantisation on labelled data, FP32 and INT8, in kompakt and in onnxruntime-node on the same
// samples and files. Usage: node bench/accuracy.mjs [--json] [--calibrator NAME] [--only NAME]. Needs the shared data
// folder (KOMPAKT_SHARED_DATA, default ../shared/data) and a build (npm run build).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Model, quantize } from '../dist/index.js';
import { argMax, cifar, data, imagenet, keywords, raw, requireData } from './labelled.mjs';
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
requireData('accuracy');
const ort = createRequire(import.meta.url)('onnxruntime-node');

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

async function answers(session, samples) {
  const found = [];
  for (const { tensor } of samples) {
    const outputs = await session.run({ [session.inputNames[0]]: tensor });
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
    data: samples.map(({ tensor }) => ({ [model.graph.inputs[0].name]: tensor })),
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
    ortUnfused: await ort.InferenceSession.create(bytes, {
      logSeverityLevel: 3,
      graphOptimizationLevel: 'basic',
    }),
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
    sameAsUnfused: share(found.int8, found.ortUnfused),
    ortSameAsUnfused: share(found.ortInt8, found.ortUnfused),
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
    ['as unfused ORT %', (r) => r.sameAsUnfused, 2],
    ['ORT as unfused ORT %', (r) => r.ortSameAsUnfused, 2],
    ['KB FP32', (r) => r.bytesFp32 / 1000, 1],
    ['KB INT8', (r) => r.bytesInt8 / 1000, 1],
  ],
  flags.json,
);
process.exit(0);

// Accuracy of TensorFlow Lite files on labelled data: integer nets beside their float twins. Usage: node bench/tflite.mjs
// [--json]. Needs the shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data), a build (npm run build) and, for
// photos, the package sharp.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession } from '../dist/index.js';
import {
  argMax,
  cifarChannelsLast,
  data,
  keywordBytes,
  keywords,
  photoBytes,
  photos,
  requireData,
} from './labelled.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({ options: { json: { type: 'boolean', default: false } } });
requireData('tflite');

const images = 'test1k_jpg.bin';
/** Class 0 of these nets is the background: labels count from 1. */
const withBackground = async (samples) => (await samples).map((s) => ({ ...s, label: s.label + 1 }));

/** `least`: accuracy that the file must have; `within`: points that it may be from its twin. */
const cases = [
  {
    file: 'models-mlperf-tiny/kws_ref_model.tflite',
    samples: keywordBytes,
    twin: 'models-mlperf-tiny/kws_ref_model_float32.tflite',
    twinSamples: () => keywords([1, 49, 10, 1]),
    least: 90.2,
  },
  {
    file: 'models-mlperf-tiny/pretrainedResnet_quant.tflite',
    samples: () => cifarChannelsLast(images, 'int8'),
    twin: 'models-mlperf-tiny/pretrainedResnet.tflite',
    twinSamples: () => cifarChannelsLast(images, 'float32'),
    within: 0.3,
  },
  {
    file: 'models-vision/mobilenet_v1_0.25_128_quant.tflite',
    samples: () => withBackground(photoBytes([128, 128])),
    twin: 'models-vision/mobilenet_v1_025_128_deq.onnx',
    twinSamples: () => withBackground(photos((v) => (v - 128) / 128, [128, 128])),
    within: 2,
  },
  {
    file: 'models-vision/mobilenet_v2_1.0_224_quant.tflite',
    samples: () => withBackground(photoBytes([224, 224])),
    least: 80,
  },
];

async function accuracy(file, samples) {
  const session = await InferenceSession.create(join(data, file));
  let hits = 0;
  for (const { label, tensor } of samples) {
    const outputs = await session.run({ [session.inputNames[0]]: tensor });
    hits += argMax(outputs[session.outputNames[0]].data) === label;
  }
  await session.release();
  return (100 * hits) / samples.length;
}

const rows = [];
for (const one of cases) {
  process.stderr.write(`${one.file} ...\n`);
  try {
    const samples = await one.samples();
    const found = await accuracy(one.file, samples);
    const twin = one.twin === undefined ? null : await accuracy(one.twin, await one.twinSamples());
    const near = one.within === undefined || Math.abs(found - twin) <= one.within + 1e-9;
    const ok = near && found >= (one.least ?? 0) - 1e-9;
    rows.push({ file: one.file, samples: samples.length, accuracy: found, twin, ok });
  } catch (error) {
    if (error.code !== 'KPT_PEER_MISSING') throw error;
    process.stderr.write(`${one.file}: skipped: ${error.message}\n`);
  }
}
print(
  rows,
  [
    ['file', (r) => r.file],
    ['samples', (r) => r.samples, 0],
    ['accuracy %', (r) => r.accuracy, 2],
    ['float twin %', (r) => r.twin, 2],
    ['', (r) => (r.ok ? 'ok' : 'OFF')],
  ],
  flags.json,
);
process.exit(rows.every((r) => r.ok) ? 0 : 1);

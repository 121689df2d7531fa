// Files that other tools have quantised, in kompakt and in onnxruntime-node on the same samples: accuracy, outputs within
// one quantisation step, operators that are not on the integer path, and latency. Usage: node bench/foreign.mjs [--json]
// [--only NAME] [--samples N]. Needs the shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data), a build
// (npm run build) and, for photos, the package sharp.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { images } from '../dist/data/images.js';
import { InferenceSession, Model, Tensor } from '../dist/index.js';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    samples: { type: 'string', default: '1000' },
  },
});
const root = join(import.meta.dirname, '..');
const data = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');
const folder = join(data, 'foreign-quantized');
if (!existsSync(folder)) {
  console.error(`foreign: no data at ${folder}; set KOMPAKT_SHARED_DATA`);
  process.exit(1);
}
const ort = createRequire(import.meta.url)('onnxruntime-node');
const limit = Number(flags.samples);

/** CIFAR-10 binary records as [1,3,32,32], transformed per channel. */
function cifar(transform) {
  const bytes = readFileSync(join(data, 'cifar10/test1k_jpg.bin'));
  return Array.from({ length: Math.min(limit, bytes.length / 3073) }, (_, i) => {
    const record = bytes.subarray(i * 3073, (i + 1) * 3073);
    const x = Float32Array.from({ length: 3072 }, (_, k) => transform(record[k + 1], Math.floor(k / 1024)));
    return { label: record[0], data: x, dims: [1, 3, 32, 32] };
  });
}

function keywords() {
  const features = new Int8Array(readFileSync(join(data, 'kws-mfcc/mfcc_int8.bin')));
  const labels = readFileSync(join(data, 'kws-mfcc/labels.bin'));
  return Array.from(labels.subarray(0, limit), (label, i) => {
    const x = Float32Array.from(features.subarray(i * 490, (i + 1) * 490), (q) => (q - 83) * 0.5847029);
    return { label, data: x, dims: [1, 1, 49, 10] };
  });
}

const imagenet = (v, c) => (v / 255 - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c];

async function photos() {
  const found = [];
  for await (const sample of images(join(data, 'imagenet200'))) {
    if (found.length >= limit) break;
    const { data: bytes, dims } = sample.arrays[''];
    const [h, w] = dims.slice(-3);
    const x = new Float32Array(3 * h * w);
    for (let i = 0; i < h * w; i++)
      for (let c = 0; c < 3; c++) x[c * h * w + i] = imagenet(bytes[3 * i + c], c);
    found.push({ label: sample.label, data: x, dims: [1, 3, h, w] });
  }
  return found;
}

const families = [
  { prefix: 'resnet8', samples: () => cifar((v) => v) },
  { prefix: 'resnet20', samples: () => cifar(imagenet) },
  { prefix: 'dscnn', samples: keywords },
  { prefix: 'mobilenetv2', samples: photos },
];

const argMax = (values) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);
const percent = (part, whole) => (100 * part) / whole;
const median = (values) => values.sort((a, b) => a - b)[values.length >> 1];

/** The scale of the last quantisation before the output; dynamic files have none: 1/255 of the range of each output. */
function outputStep(graph) {
  const producer = new Map(graph.nodes.flatMap((node) => node.outputs.map((name) => [name, node])));
  const last = producer.get(graph.outputs[0].name);
  return last?.op === 'DequantizeLinear' ? graph.constants.get(last.inputs[1])?.data[0] : undefined;
}

async function judge(file, samples) {
  const path = join(folder, file);
  const { graph } = await Model.load(path);
  const step = outputStep(graph);
  const ours = await InferenceSession.create(path, { intraOpNumThreads: 1 });
  const theirs = await ort.InferenceSession.create(path, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  const [input, output] = [theirs.inputNames[0], theirs.outputNames[0]];
  const counts = { ours: 0, theirs: 0, same: 0, near: 0, elements: 0 };
  const times = { ours: [], theirs: [] };
  const timed = async (session, feeds, list) => {
    const start = performance.now();
    const result = await session.run(feeds);
    list.push(performance.now() - start);
    return result[output].data;
  };
  for (const sample of samples) {
    const feeds = { [input]: new Tensor('float32', sample.data, sample.dims) };
    const a = await timed(ours, feeds, times.ours);
    const b = await timed(theirs, feeds, times.theirs);
    const [mine, other] = [argMax(a), argMax(b)];
    counts.ours += mine === sample.label;
    counts.theirs += other === sample.label;
    counts.same += mine === other;
    const range = b.reduce((m, v) => Math.max(m, v), 0) - b.reduce((m, v) => Math.min(m, v), 0);
    const tolerance = (step ?? range / 255) * 1.001;
    counts.near += b.reduce((n, v, i) => n + (Math.abs(v - a[i]) <= tolerance), 0);
    counts.elements += b.length;
  }
  await ours.release();
  await theirs.release();
  const result = {
    file,
    samples: samples.length,
    accuracy: percent(counts.ours, samples.length),
    ortAccuracy: percent(counts.theirs, samples.length),
    sameTop1: percent(counts.same, samples.length),
    withinOneStep: percent(counts.near, counts.elements),
    milliseconds: median(times.ours),
    ortMilliseconds: median(times.theirs),
  };
  const difference = Math.abs(result.accuracy - result.ortAccuracy);
  return { ...result, ok: difference <= 0.2 + 1e-9 && result.withinOneStep >= 99.9 };
}

const rows = [];
for (const { prefix, samples } of families) {
  const files = readdirSync(folder).filter((name) => name.startsWith(prefix) && name.endsWith('.onnx'));
  const wanted = files.filter((name) => !flags.only || name.includes(flags.only));
  if (wanted.length === 0) continue;
  let loaded;
  try {
    loaded = await samples();
  } catch (error) {
    if (error.code !== 'KPT_PEER_MISSING') throw error;
    process.stderr.write(`${wanted.join(', ')}: skipped: ${error.message}\n`);
    continue;
  }
  for (const file of wanted) {
    process.stderr.write(`${file} ...\n`);
    rows.push(await judge(file, loaded));
  }
}
print(
  rows,
  [
    ['file', (r) => r.file],
    ['samples', (r) => r.samples, 0],
    ['accuracy %', (r) => r.accuracy, 2],
    ['ORT %', (r) => r.ortAccuracy, 2],
    ['same top-1 %', (r) => r.sameTop1, 2],
    ['within 1 step %', (r) => r.withinOneStep, 3],
    ['ms', (r) => r.milliseconds, 3],
    ['ORT ms', (r) => r.ortMilliseconds, 3],
    ['', (r) => (r.ok ? 'ok' : 'OFF')],
  ],
  flags.json,
);
process.exit(rows.every((r) => r.ok) ? 0 : 1);

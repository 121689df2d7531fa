// Files that other tools have quantised, in kompakt and in onnxruntime-node on the same samples: accuracy, outputs within
// one quantisation step and latency. onnxruntime runs twice: as it comes, when it computes int8 activations and 4-bit
// weights in float32 on x86, and on its integer kernels (docs/accuracy.md says why). Usage: node bench/foreign.mjs
// [--json] [--only NAME] [--samples N] [--exact N]. --exact compares the first N samples of each file with exact
// arithmetic too. Needs the shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data), a build (npm run build)
// and, for photos, the package sharp.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { images } from '../dist/data/images.js';
import { InferenceSession, Model, Tensor, table } from '../dist/index.js';
import { widened } from '../dist/passes/quantized-value.js';
import { canRunExactly, runExactly } from './foreign/exact.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    samples: { type: 'string', default: '1000' },
    exact: { type: 'string', default: '0' },
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

/** The same model with its 4-bit constants stored in 8 bits: onnxruntime has no integer kernels for 4. */
function withWideWeights(model) {
  const constants = new Map([...model.graph.constants].map(([name, value]) => [name, widened(value)]));
  return model.withGraph({ ...model.graph, constants }).toBytes();
}

async function openSessions(path, model) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  return {
    ours: await InferenceSession.create(path, { intraOpNumThreads: 1 }),
    theirs: await ort.InferenceSession.create(path, options),
    integer: await ort.InferenceSession.create(withWideWeights(model), {
      ...options,
      extra: { session: { qdqisint8allowed: '1' } },
    }),
  };
}

async function judge(file, samples) {
  const path = join(folder, file);
  const model = await Model.load(path);
  const step = outputStep(model.graph);
  const sessions = await openSessions(path, model);
  const [input, output] = [sessions.theirs.inputNames[0], sessions.theirs.outputNames[0]];
  const counts = { ours: 0, theirs: 0, same: 0, near: 0, nearInteger: 0, elements: 0 };
  const exactSamples = step !== undefined && canRunExactly(model.graph) ? Number(flags.exact) : 0;
  const exact = { elements: 0, ours: 0, theirs: 0, integer: 0 };
  const times = { ours: [], theirs: [], integer: [] };
  for (const [i, sample] of samples.entries()) {
    const feeds = { [input]: new Tensor('float32', sample.data, sample.dims) };
    const found = {};
    for (const [name, session] of Object.entries(sessions)) {
      const start = performance.now();
      found[name] = (await session.run(feeds))[output].data;
      times[name].push(performance.now() - start);
    }
    const { ours, theirs, integer } = found;
    const [mine, other] = [argMax(ours), argMax(theirs)];
    counts.ours += mine === sample.label;
    counts.theirs += other === sample.label;
    counts.same += mine === other;
    const range = theirs.reduce((m, v) => Math.max(m, v), 0) - theirs.reduce((m, v) => Math.min(m, v), 0);
    const tolerance = (step ?? range / 255) * 1.001;
    const near = (a, b) => a.reduce((n, v, k) => n + (Math.abs(v - b[k]) <= tolerance), 0);
    counts.near += near(ours, theirs);
    counts.nearInteger += near(ours, integer);
    counts.elements += ours.length;
    if (i >= exactSamples) continue;
    const truth = runExactly(model.graph, sample);
    exact.elements += truth.length;
    for (const [name, values] of Object.entries(found)) exact[name] += near(values, truth);
  }
  for (const session of Object.values(sessions)) await session.release();
  const result = {
    file,
    samples: samples.length,
    accuracy: percent(counts.ours, samples.length),
    ortAccuracy: percent(counts.theirs, samples.length),
    sameTop1: percent(counts.same, samples.length),
    withinOneStep: percent(counts.near, counts.elements),
    withinOneStepInteger: percent(counts.nearInteger, counts.elements),
    exact:
      exact.elements === 0
        ? null
        : Object.fromEntries(
            ['ours', 'theirs', 'integer'].map((name) => [name, percent(exact[name], exact.elements)]),
          ),
    milliseconds: median(times.ours),
    ortMilliseconds: median(times.theirs),
  };
  const difference = Math.abs(result.accuracy - result.ortAccuracy);
  return { ...result, ok: difference <= 0.2 + 1e-9 && result.withinOneStepInteger >= 99.9 };
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
const right = (title) => ({ title, align: 'right' });
const digits = (value) => (value === undefined ? '-' : value.toFixed(3));
if (flags.json) console.log(JSON.stringify(rows, null, 2));
else {
  console.log(
    table(
      [
        { title: 'file' },
        ...['samples', 'accuracy %', 'ORT %', 'same top-1 %', 'within 1 step %', 'of integer ORT %'].map(
          right,
        ),
        ...['ms', 'ORT ms'].map(right),
        { title: '' },
      ],
      rows.map((r) => [
        r.file,
        String(r.samples),
        r.accuracy.toFixed(2),
        r.ortAccuracy.toFixed(2),
        r.sameTop1.toFixed(2),
        digits(r.withinOneStep),
        digits(r.withinOneStepInteger),
        digits(r.milliseconds),
        digits(r.ortMilliseconds),
        r.ok ? 'ok' : 'OFF',
      ]),
    ),
  );
  if (Number(flags.exact) > 0)
    console.log(
      `\nWithin one step of exact arithmetic, % of the outputs of ${flags.exact} samples:\n${table(
        [{ title: 'file' }, ...['kompakt', 'ORT', 'integer ORT'].map(right)],
        rows
          .filter((r) => r.exact !== null)
          .map((r) => [r.file, digits(r.exact.ours), digits(r.exact.theirs), digits(r.exact.integer)]),
      )}`,
    );
}
process.exit(rows.every((r) => r.ok) ? 0 : 1);

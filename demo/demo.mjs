// npm run demo: quantises the three nets of PP-OCRv4 on text lines made of MNIST digits and shows, in one table, what
// INT8 costs and gives in kompakt and in onnxruntime. Calibration uses training digits, measuring uses test digits.
// Options: --threads N (default 1), --seconds N per engine and model (default 2).
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import ort from 'onnxruntime-node';
import {
  bench,
  bytesText,
  InferenceSession,
  Model,
  platform,
  quantize,
  Tensor,
  table,
} from '../dist/index.js';
import { loadDigits } from './lines.mjs';
import { makeSamples, tasks } from './tasks.mjs';

const { values: options } = parseArgs({
  options: { threads: { type: 'string', default: '1' }, seconds: { type: 'string', default: '2' } },
});
const threads = Number(options.threads);
const seconds = Number(options.seconds);
const [calibrationSeed, evaluationSeed] = [1, 2];
const start = performance.now();

/** What is being done and how far the whole demo is; one line on a terminal, a line a stage elsewhere. */
const stages = tasks.length * 4;
let stage = 0;
function say(text) {
  stage++;
  const elapsed = (performance.now() - start) / 1000;
  const line = `[${String(stage).padStart(2)}/${stages}] ${elapsed.toFixed(0).padStart(3)} s  ${text}`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

const train = loadDigits('train');
const test = loadDigits('t10k');
const folder = await mkdtemp(join(tmpdir(), 'kompakt-demo-'));
try {
  const rows = [];
  for (const task of tasks) rows.push(...(await measureTask(task)));
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
  console.log(report(rows));
} finally {
  await rm(folder, { recursive: true });
}

/** Two rows: the model as it is and quantised. */
async function measureTask(task) {
  const int8 = join(folder, `${task.name}.int8.onnx`);
  say(`${task.name}: calibrating on ${task.calibration} samples and quantising`);
  await quantizeTo(task, int8);

  say(`${task.name}: reading ${task.evaluation} samples`);
  const samples = makeSamples(task, test, evaluationSeed, task.evaluation);
  const reference = await answers(ort.InferenceSession, task, task.file, samples);
  const rows = [];
  for (const [precision, file] of [
    ['FP32', task.file],
    ['INT8', int8],
  ]) {
    const given = await answers(InferenceSession, task, file, samples);
    say(`${task.name}: timing ${precision} in kompakt and onnxruntime`);
    const { engines } = await bench(file, {
      engines: ['kompakt', 'onnxruntime'],
      feeds: feedsOf(samples[0], (await Model.load(file)).graph.inputs[0].name),
      threads,
      seconds,
      profileRuns: 0,
    });
    rows.push({
      task,
      precision,
      bytes: (await stat(file)).size,
      agreement: share(given.map((answer, i) => task.agreement(answer, reference[i]))),
      accuracy: share(given.map((answer, i) => task.score(answer, samples[i].truth))),
      latencies: engines.map(({ latency }) => latency),
    });
  }
  return rows;
}

async function quantizeTo(task, file) {
  const model = await Model.load(task.file);
  const input = model.graph.inputs[0].name;
  async function* data() {
    for (const sample of makeSamples(task, train, calibrationSeed, task.calibration))
      yield feedsOf(sample, input);
  }
  const { model: quantized } = await quantize(model, { data: data(), ...task.options });
  await quantized.save(file);
}

function feedsOf({ tensor: { data, dims } }, input) {
  return { [input]: new Tensor('float32', data, dims) };
}

/** What a model answers on the samples, in kompakt or in onnxruntime: the two sessions are used alike. */
async function answers(Session, task, file, samples) {
  const session = await Session.create(file, { intraOpNumThreads: threads });
  const given = [];
  for (const sample of samples) {
    const outputs = await session.run(feedsOf(sample, session.inputNames[0]));
    given.push(task.read(outputs[session.outputNames[0]]));
  }
  await session.release();
  return given;
}

/** Sum of rights over sum of totals, in percent. */
function share(counts) {
  const [right, total] = counts.reduce(([a, b], [c, d]) => [a + c, b + d], [0, 0]);
  return total === 0 ? 100 : (100 * right) / total;
}

function report(rows) {
  const ms = (title) => ({ title, digits: 2 });
  const text = table(
    [
      { title: 'net' },
      { title: '' },
      { title: 'file', align: 'right' },
      { title: 'as FP32 %', digits: 1 },
      { title: 'right %', digits: 1 },
      { title: 'what is right' },
      ms('kompakt p50'),
      ms('p99'),
      ms('onnxruntime p50'),
      ms('p99'),
    ],
    rows.map(({ task, precision, bytes, agreement, accuracy, latencies: [own, other] }) => [
      task.name,
      precision,
      bytesText(bytes),
      agreement,
      accuracy,
      task.accuracy,
      own.p50,
      own.p99,
      other.p50,
      other.p99,
    ]),
  );
  const took = ((performance.now() - start) / 1000).toFixed(0);
  return [
    `PP-OCRv4 on lines of MNIST digits; ${threads} thread(s), CPU tier ${platform().tier}; milliseconds per run, engines in turn`,
    '',
    text,
    '',
    `as FP32: the same pixels, characters or direction as the FP32 net in onnxruntime. Took ${took} s.`,
  ].join('\n');
}

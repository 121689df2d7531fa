// Runs under an emulator that counts instructions (count_instructions.c): one engine, one file. Warms up, and asks for the
// parent process, at which the emulator prints its counts, before and after each of some runs.
// Usage: node one-engine.mjs PACKAGE kompakt|onnxruntime|xnnpack|built-in FILE RUNS SHAPES
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [folder, engine, file, runs, shapes] = process.argv.slice(2);
const { InferenceSession, Tensor } = await import(pathToFileURL(join(folder, 'dist/index.js')).href);
const arrays = { float32: Float32Array, uint8: Uint8Array, int8: Int8Array };

function feed(type, dims) {
  const data = new arrays[type](dims.reduce((size, dim) => size * dim, 1));
  let state = 12345;
  for (let i = 0; i < data.length; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    data[i] = type === 'float32' ? state / 2 ** 31 - 1 : state >>> 24;
  }
  return new Tensor(type, data, dims);
}

/** A function that computes once. */
async function player() {
  if (engine === 'xnnpack' || engine === 'built-in') {
    const { tensorflowLite } = await import('../rivals/tensorflow-lite.mjs');
    const session = tensorflowLite(Tensor).open(file, 1, engine === 'xnnpack');
    if (session === null) return null;
    const feeds = session.inputs.map(({ type, dims }) => feed(type, dims));
    return () => session.run(feeds);
  }
  const given = JSON.parse(shapes);
  const kompakt = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const inputs = Object.fromEntries(
    kompakt.inputMetadata.map(({ name, type, shape }) => [
      name,
      feed(type, given[name] ?? shape.map((dim) => (typeof dim === 'number' ? dim : 1))),
    ]),
  );
  if (engine === 'kompakt') return kompakt.bind({ inputs });
  const ort = createRequire(join(folder, 'package.json'))('onnxruntime-node');
  const session = await ort.InferenceSession.create(file, {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    logSeverityLevel: 3,
  });
  const feeds = Object.fromEntries(
    Object.entries(inputs).map(([name, { type, data, dims }]) => [name, new ort.Tensor(type, data, dims)]),
  );
  return () => session.run(feeds);
}

const run = await player();
if (run === null) {
  console.log('refused');
  process.exit(0);
}
for (let i = 0; i < Number(runs); i++) await run();
for (let i = 0; i < Number(runs); i++) {
  process.ppid;
  await run();
}
process.ppid;
console.log('done');
process.exit(0);

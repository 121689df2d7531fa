// Fixed costs of one call, in a process of its own: Relu on 16 floats, and the CPU time of sessions that do nothing.
// Usage: node bench/rivals/overhead.mjs kompakt|onnxruntime MODEL -> JSON, microseconds. MODEL: relu() of one-node.mjs.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';

const [engine, model] = process.argv.slice(2);
const { InferenceSession, Tensor } =
  engine === 'kompakt'
    ? await import('../../dist/index.js')
    : createRequire(import.meta.url)('onnxruntime-node');

const bytes = readFileSync(model);
const threads = { intraOpNumThreads: 2, interOpNumThreads: 1 };
const session = await InferenceSession.create(bytes, threads);
const feeds = { x: new Tensor('float32', new Float32Array(16), [16]) };

const summary = (times) => {
  times.sort((a, b) => a - b);
  return { min: times[0], p50: times[times.length >> 1] };
};

/** Blocks of 50 calls, after a warm-up: one call is too short for the clock. */
function measure(call) {
  const block = () => {
    const start = performance.now();
    for (let i = 0; i < 50; i++) call();
    return ((performance.now() - start) * 1000) / 50;
  };
  for (let i = 0; i < 400; i++) block();
  return summary(Array.from({ length: 1000 }, block));
}

async function measureAsync(call) {
  const times = [];
  for (let i = 0; i < 5000; i++) {
    const start = performance.now();
    await call();
    if (i >= 1000) times.push((performance.now() - start) * 1000);
  }
  return summary(times);
}

const result = { run: await measureAsync(() => session.run(feeds)) };
if (engine === 'kompakt') {
  result.runSync = measure(() => session.runSync(feeds));
  result.step = measure(session.bind({ inputs: feeds }));
}
const idle = await Promise.all(Array.from({ length: 8 }, () => InferenceSession.create(bytes, threads)));
for (const one of idle) await one.run(feeds);
await sleep(200);
const before = process.cpuUsage();
await sleep(2000);
const { user, system } = process.cpuUsage(before);
// Per second and for all nine sessions.
result.idleMicroseconds = (user + system) / 2;
console.log(JSON.stringify(result));
process.exit(0);

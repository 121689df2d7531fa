// node run-plan.cjs ADDON THREADS DUMP...: runs plans dumped by plan-dump.ts on the addon and prints, as one JSON document,
// the tier in use and a SHA-256 of each plan's outputs. As a worker thread (workerData: addon, threads, dump) it runs one plan
// again and again, off its thread, until it is ended.
const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { isMainThread, parentPort, workerData } = require('node:worker_threads');

const everyStep = [0, 0xffffffff];

function reader(bytes) {
  let at = 0;
  const u32 = () => {
    at += 4;
    return bytes.readUInt32LE(at - 4);
  };
  const block = () => {
    const length = u32();
    at += length;
    return new Uint8Array(bytes.subarray(at - length, at));
  };
  const list = (item) => Array.from({ length: u32() }, item);
  return { u32, block, list };
}

function must(failure) {
  if (typeof failure === 'string') throw new Error(failure);
}

/** The plan with its inputs written; `outputs` are [tensor, bytes]. */
function makePlan(addon, threads, path) {
  const { u32, block, list } = reader(readFileSync(path));
  if (u32() !== 0x4454504b) throw new Error(`${path} is not a plan dump`);
  const session = new addon.NativeSession(threads);
  const indices = list(() => [Buffer.from(block()).toString(), block()]).map(([shape, bytes]) =>
    session.addConstant(bytes, shape),
  );
  // The program names constants by their place in the dump.
  indices.forEach((index, i) => {
    if (index !== i) throw new Error('constants of a dump must be distinct');
  });
  const plan = new addon.NativePlan(session, block());
  must(plan.error);
  for (const [tensor, bytes] of list(() => [u32(), block()])) must(plan.write(tensor, bytes));
  return { plan, outputs: list(() => [u32(), u32()]) };
}

function hashOf(addon, threads, path) {
  const { plan, outputs } = makePlan(addon, threads, path);
  must(plan.run(...everyStep));
  const hash = createHash('sha256');
  for (const [tensor, size] of outputs) {
    const out = new Uint8Array(size);
    must(plan.read(tensor, out));
    hash.update(out);
  }
  return hash.digest('hex');
}

if (isMainThread) {
  const [path, threads, ...dumps] = process.argv.slice(2);
  const addon = require(path);
  const hashes = dumps.map((dump) => hashOf(addon, Number(threads), dump));
  console.log(JSON.stringify({ tier: addon.platform().tier, hashes }));
} else {
  const { plan } = makePlan(require(workerData.addon), workerData.threads, workerData.dump);
  const again = () => must(plan.runAsync(...everyStep, again));
  again();
  parentPort.postMessage('running');
}

// Damaged plan caches for the fuzzer: a session takes the file as it was written or makes it anew, and computes the same.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from '../../lib/graph/parse.js';
import { Model } from '../../lib/model/model.js';
import { Engine } from '../../lib/run/engine.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { holdModel } from '../../lib/session/held-model.js';
import { ModelSource } from '../../lib/session/model-source.js';
import { checkOptions } from '../../lib/session/options.js';
import { f32 } from '../../lib/tensor/tensor.js';

/** With a node that runs by its reference, a body, and a shape that depends on data. */
const bytes = new Model(
  parse(`graph main opsets {"": 18}
  input x: float32[2, 3]
  constant w: float32[3, 2] = [1, 2, 3, 4, 5, 6]
  constant zero: float32[] = [0]
  product = MatMul(x, w)
  sum = ReduceSum(product) {keepdims: int 0}
  above = Greater(sum, zero)
  made = If(above) {then_branch: graph graph a opsets {"": 18}
    wide = Cast(product) {to: int 11}
    hard = Hardmax(wide)
    narrow = Cast(hard) {to: int 1}
    output narrow: float32
  end, else_branch: graph graph b opsets {"": 18}
    negative = Neg(product)
    output negative: float32
  end}
  places = NonZero(made)
  y = Cast(places) {to: int 1}
  output y: float32
end`),
).toBytes();

/** As a session does it. */
function result(planCache?: string): string {
  const options = checkOptions({ intraOpNumThreads: 1, ...(planCache !== undefined && { planCache }) });
  const place = planCache === undefined ? undefined : { path: planCache, own: false };
  const { graph, plans, cache } = holdModel(ModelSource.ofBytes(bytes), place, options);
  const engine = new Engine(options.threads, cache?.handle);
  const { inputs, outputs } = cache?.signature ?? graph();
  cache?.attach(engine, { inputs, outputs });
  const runner = new GraphRunner(graph, engine, plans);
  const y = runner.runSync(new Map([['x', f32([2, 3], [1, -2, 3, -4, 5, 6])]])).get('y')!;
  runner.release();
  engine.release();
  return `[${y.dims}] ${y.data}`;
}

/** A valid cache. */
export function validCache(): Uint8Array {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-cache-'));
  try {
    const path = join(folder, 'valid.kpc');
    result(path);
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** 'read' when the file was taken, 'anew' when another was made in its place. */
export function tryCache(path: string): string {
  const before = readFileSync(path);
  const got = result(path);
  if (got !== result()) throw new Error(`A damaged cache changed the result to ${got}.`);
  return readFileSync(path).equals(before) ? 'read' : 'anew';
}

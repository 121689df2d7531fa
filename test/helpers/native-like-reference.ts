// Runs one operator in the engine and compares it with its reference: bytes equal, floats within rounding. Images are
// also given channels-last, by a pooling of one element before the operator. Its memory holds something else before.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { bytesOf, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { poisonArena, typesOf } from './poison.js';
import { infer, type OneNode } from './run-reference.js';

/** A node and which of its inputs are fed; the others are constants. */
export type NativeCase = OneNode & { readonly fed?: readonly number[] };

function graphOf(one: NativeCase, channelsLast: boolean) {
  const g = new GraphBuilder();
  const feeds = new Map<string, TensorValue>();
  const fed = one.fed ?? [0];
  const inputs = one.inputs.map((value, i) => {
    if (value === null) return '';
    if (!fed.includes(i)) return g.constant(`c${i}`, value);
    feeds.set(`x${i}`, value);
    const name = g.input(`x${i}`, value.dtype, value.dims);
    if (!channelsLast || value.dims.length < 3) return name;
    const ones = value.dims.slice(2).map(() => 1);
    return g.node('MaxPool', [name], { kernel_shape: attr.ints(ones) })[0];
  });
  const [y] = g.node(one.op, inputs, one.attributes, { domain: one.domain });
  g.output(y, infer(one)[0].dtype);
  return { graph: g.build(), feeds, y };
}

/** Kinds of schedule items of the plan: ['native'] where nothing runs by its reference. */
export function scheduleOf(one: NativeCase): readonly string[] {
  const { graph, feeds } = graphOf(one, false);
  const engine = new Engine(1);
  const runner = new GraphRunner(graph, engine);
  const { plan } = runner.prepare(typesOf(feeds));
  runner.release();
  engine.release();
  return plan.schedule.map(({ kind }) => kind);
}

/** What the engine makes of the case. */
export function runNatively(one: NativeCase, channelsLast = false, threads = 1): TensorValue {
  const { graph, feeds, y } = graphOf(one, channelsLast);
  const engine = new Engine(threads);
  const runner = new GraphRunner(graph, engine);
  try {
    poisonArena(runner, typesOf(feeds));
    return runner.runSync(feeds).get(y) as TensorValue;
  } finally {
    runner.release();
    engine.release();
  }
}

/** What the engine makes of it, and what the reference does. */
function bothWays(one: NativeCase, channelsLast: boolean, threads = 1) {
  const { graph, feeds, y } = graphOf(one, channelsLast);
  const actual = runNatively(one, channelsLast, threads);
  const wanted = runReference(graph, feeds).get(y) as TensorValue;
  expect({ dtype: actual.dtype, dims: [...actual.dims] }).toEqual({
    dtype: wanted.dtype,
    dims: [...wanted.dims],
  });
  return { actual, wanted };
}

export async function expectNativeLikeReference(one: NativeCase): Promise<void> {
  for (const channelsLast of [false, true]) {
    const { actual, wanted } = bothWays(one, channelsLast);
    const [a, b] = [toNumbers(actual), toNumbers(wanted)];
    const largest = b.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
    const worst = a.reduce((m, v, i) => Math.max(m, Math.abs(v - b[i])), 0);
    expect(worst).toBeLessThanOrEqual(wanted.dtype === 'float32' ? 2e-6 * largest : 0);
  }
}

/** The bytes of the reference, from steps alone, with one thread and with three. */
export function expectNativeBytes(one: NativeCase): void {
  // What has no elements is not even computed.
  expect(scheduleOf(one)).toEqual(sizeOf(infer(one)[0].dims) === 0 ? [] : ['native']);
  for (const threads of [1, 3]) {
    const { actual, wanted } = bothWays(one, false, threads);
    expect(Buffer.from(bytesOf(actual)).equals(bytesOf(wanted))).toBe(true);
  }
}

// One operator under test: its reference against onnxruntime, and the engine (plain and channels-last, inputs fed and
// constant) against the reference, in memory that holds something else before.
import { InferenceSession } from 'onnxruntime-node';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute, Graph } from '../../lib/graph/graph.js';
import { emptyMetadata } from '../../lib/onnx/metadata.js';
import { saveModel } from '../../lib/onnx/save.js';
import { Engine } from '../../lib/run/engine.js';
import { runReference } from '../../lib/run/reference.js';
import { GraphRunner } from '../../lib/run/runner.js';
import { type DType, isFloat } from '../../lib/tensor/dtype.js';
import { fromNumbers, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { ortTensor } from './ort-tensor.js';
import { poisonArena, typesOf } from './poison.js';
import { randomFloats } from './random-floats.js';

export interface OneNode {
  readonly op: string;
  readonly inputs: readonly (TensorValue | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Number of outputs; default 1. */
  readonly outputs?: number;
  /** Default 18. */
  readonly opset?: number;
  /** Inputs that the operator's shapes depend on: given as constants, and fed in one more run. */
  readonly constants?: readonly number[];
  /** Largest difference relative to max(1, |value|); default 2e-6, and 0 for types that are not floats. */
  readonly tolerance?: number;
  /** Set where onnxruntime does not have this case; says why. */
  readonly notInOrt?: string;
}

type Variant = 'plain' | 'channels-last' | 'all fed';

/** Feeds are named i0, i1, ...; outputs y0, y1, ... */
function graphOf(test: OneNode, types: readonly DType[], variant: Variant): Graph {
  const g = new GraphBuilder('test', { '': test.opset ?? 18 });
  const names = test.inputs.map((value, i) => {
    if (value === null) return '';
    if (variant !== 'all fed' && test.constants?.includes(i)) return g.constant(`i${i}`, value);
    const fed = g.input(`i${i}`, value.dtype, value.dims);
    return variant === 'channels-last' && hasChannels(value) ? g.node('MaxPool', [fed], onePixel)[0]! : fed;
  });
  const outputs = types.map((_, i) => `y${i}`);
  g.node(test.op, names, test.attributes ?? {}, { outputs });
  types.forEach((dtype, i) => {
    g.output(outputs[i]!, dtype);
  });
  return g.build();
}

/** A pooling of one pixel copies, and leaves its output channels-last. */
const onePixel = { kernel_shape: { type: 'ints', value: [1, 1] } } as const;
const hasChannels = (t: TensorValue): boolean =>
  t.dims.length === 4 && !t.dims.includes(0) && ['float32', 'uint8', 'int8'].includes(t.dtype);

const feedsOf = (test: OneNode, graph: Graph): Map<string, TensorValue> =>
  new Map(graph.inputs.map(({ name }) => [name, test.inputs[Number(name.slice(1))]!]));

/** What the reference gives. */
export function referenceOf(test: OneNode): TensorValue[] {
  const count = test.outputs ?? 1;
  const graph = graphOf(test, new Array<DType>(count).fill('float32'), 'all fed');
  return [...runReference(graph, feedsOf(test, graph)).values()];
}

/** Checks the reference against onnxruntime and the engine against the reference. */
export async function expectAgreement(test: OneNode): Promise<void> {
  const reference = referenceOf(test);
  const types = reference.map((t) => t.dtype);
  const tolerance = test.tolerance ?? 2e-6;
  if (test.notInOrt === undefined) {
    const graph = graphOf(test, types, 'plain');
    compare(reference, await runOrt(graph, feedsOf(test, graph)), tolerance);
  }
  const variants: Variant[] = ['plain'];
  if (test.inputs.some((t) => t !== null && hasChannels(t))) variants.push('channels-last');
  if (test.constants !== undefined) variants.push('all fed');
  for (const variant of variants) {
    const graph = graphOf(test, types, variant);
    const engine = new Engine(1);
    const runner = new GraphRunner(graph, engine);
    try {
      const feeds = feedsOf(test, graph);
      poisonArena(runner, typesOf(feeds));
      compare([...runner.runSync(feeds).values()], reference, tolerance);
    } finally {
      runner.release();
      engine.release();
    }
  }
}

async function runOrt(graph: Graph, feeds: ReadonlyMap<string, TensorValue>): Promise<TensorValue[]> {
  const bytes = saveModel({ graph, metadata: emptyMetadata, functions: [] });
  const session = await InferenceSession.create(Buffer.from(bytes), {
    logSeverityLevel: 3,
    graphOptimizationLevel: 'disabled',
  });
  const inputs = [...feeds].map(([name, value]) => [name, ortTensor(value)]);
  const results = await session.run(Object.fromEntries(inputs));
  await session.release();
  return session.outputNames.map((name) => {
    const { type, dims, data } = results[name]!;
    return tensor(type as DType, dims, data as never);
  });
}

function compare(actual: readonly TensorValue[], wanted: readonly TensorValue[], tolerance: number): void {
  expect(actual.map(({ dtype, dims }) => [dtype, [...dims]])).toEqual(
    wanted.map(({ dtype, dims }) => [dtype, [...dims]]),
  );
  actual.forEach((t, k) => {
    const other = wanted[k]!;
    if (!isFloat(t.dtype)) {
      expect(Array.from(t.data as ArrayLike<unknown>)).toEqual(Array.from(other.data as ArrayLike<unknown>));
      return;
    }
    const [a, b] = [toNumbers(t), toNumbers(other)];
    const apart = a.findIndex((v, i) => !near(v, b[i]!, tolerance));
    if (apart >= 0) throw new Error(`Output ${k} at ${apart}: ${a[apart]} is not near ${b[apart]}.`);
  });
}

const near = (a: number, b: number, tolerance: number): boolean =>
  Object.is(a, b) || a === b || Math.abs(a - b) <= tolerance * Math.max(1, Math.abs(b));

/** Random numbers of a type: floats in [-reach, reach], integers rounded, unsigned made positive. */
export function random(dtype: DType, dims: readonly number[], seed = 1, reach = 4): TensorValue {
  const values = randomFloats(
    dims.reduce((a, b) => a * b, 1),
    seed,
    reach,
  );
  if (isFloat(dtype)) return fromNumbers(dtype, dims, values);
  if (dtype === 'bool')
    return fromNumbers(
      dtype,
      dims,
      values.map((v) => Number(v > 0)),
    );
  return fromNumbers(
    dtype,
    dims,
    values.map((v) => Math.round(dtype.startsWith('u') ? Math.abs(v) : v)),
  );
}

/** Random floats in [least, least + reach]. */
export const positive = (dims: readonly number[], seed = 1, least = 0.1, reach = 1): TensorValue =>
  fromNumbers(
    'float32',
    dims,
    toNumbers(random('float32', dims, seed, reach)).map((v) => Math.abs(v) + least),
  );

// One operator whose gradient is under test: a graph of the node and a weighted sum of its outputs as the loss, in double
// precision for the references and in single for the engine.
import type { Attribute, Domain, Graph } from '../../lib/graph/graph.js';
import { freezeGraph } from '../../lib/graph/graph.js';
import { GraphWriter } from '../../lib/graph/writer.js';
import { emit } from '../../lib/ops/gradients/emit.js';
import { opOf } from '../../lib/ops/index.js';
import { factsOf } from '../../lib/run/differentiate.js';
import { describeNode, inferContext } from '../../lib/run/inference.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { fromNumbers, type TensorValue } from '../../lib/tensor/tensor.js';

export interface GradientCase {
  readonly name: string;
  readonly op: string;
  readonly domain?: Domain;
  readonly opset?: number;
  /** Dims: a differentiated input of random numbers; a tensor: fixed, a constant; null: absent. */
  readonly inputs: readonly (Dims | TensorValue | null)[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  /** Outputs, of which those in `used` (all by default) reach the loss. */
  readonly outputs?: number;
  readonly used?: readonly number[];
  /** Random numbers are taken from here; default [-1.5, 1.5]. */
  readonly range?: readonly [number, number];
  /** Random numbers keep this distance from multiples of `grid` (default 0: none), where the function has kinks. */
  readonly away?: number;
  readonly grid?: number;
  /** The function of the inputs that the gradient is of, where it is not that of the operator itself (straight-through
   *  estimates). */
  readonly surrogate?: (writer: GraphWriter, inputs: readonly string[]) => string;
  /** Set where the engine runs some node by its reference; says why. */
  readonly host?: string;
}

/** Numbers in [0, 1) that depend on the seed only. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

export interface GradientProblem {
  readonly graph: Graph;
  readonly loss: string;
  readonly wrt: readonly string[];
  readonly feeds: ReadonlyMap<string, TensorValue>;
}

const isTensor = (input: Dims | TensorValue): input is TensorValue => 'dtype' in input;

function draw(test: GradientCase, random: () => number): number {
  const [low, high] = test.range ?? [-1.5, 1.5];
  const { away = 0, grid = 1 } = test;
  for (;;) {
    const v = low + (high - low) * random();
    const distance = Math.abs(v - Math.round(v / grid) * grid);
    if (distance >= away) return v;
  }
}

/** The graph over inputs of type `dtype`; the same random numbers for both types. With `stand` the surrogate is in it in
 *  place of the operator. */
export function problemOf(test: GradientCase, dtype: DType, stand = false): GradientProblem {
  const random = randomNumbers(7);
  const writer = new GraphWriter();
  const feeds = new Map<string, TensorValue>();
  const wrt: string[] = [];
  const names = test.inputs.map((input, i) => {
    if (input === null) return '';
    if (isTensor(input)) {
      const value =
        input.dtype === 'float32' ? fromNumbers(dtype, input.dims, input.data as Float32Array) : input;
      return writer.constant(`c${i}`, value);
    }
    const name = writer.input(`x${i}`, { dtype, dims: input });
    // Rounded to single precision, so that both types compute with the same numbers.
    const values = Array.from({ length: sizeOf(input) }, () => Math.fround(draw(test, random)));
    feeds.set(name, fromNumbers(dtype, input, values));
    wrt.push(name);
    return name;
  });
  const outputs =
    stand && test.surrogate !== undefined
      ? [test.surrogate(writer, names)]
      : writer.add(test.op, names, test.attributes ?? {}, {
          domain: test.domain ?? '',
          outputs: test.outputs ?? 1,
        });
  const opsets = { '': test.opset ?? 18 };
  const facts = factsOf(
    { ...writer.graph([]), opsets: { ...writer.graph([]).opsets, ...opsets } },
    new Set(),
  );
  const terms = (test.used ?? outputs.map((_, i) => i)).map((i) => {
    const { dims } = facts.get(outputs[i]!)!.type;
    const weights = Array.from({ length: sizeOf(dims) }, () => Math.fround(2 * random() - 1));
    const weighted = emit(writer, 'Mul', [
      outputs[i]!,
      writer.constant('weights', fromNumbers(dtype, dims, weights)),
    ]);
    return emit(writer, 'ReduceSum', [weighted], { keepdims: { type: 'int', value: 0 } });
  });
  const loss = terms.reduce((a, b) => emit(writer, 'Add', [a, b]));
  const graph = writer.graph([{ name: loss, dtype, dims: [] }]);
  return { graph: freezeGraph({ ...graph, opsets: { ...graph.opsets, ...opsets } }), loss, wrt, feeds };
}

/** Names of the nodes that have no native form. */
export function hostNodes(graph: Graph): string[] {
  const facts = factsOf(graph, new Set());
  return graph.nodes
    .filter(
      (node) =>
        opOf(node).lower === 'host' && node.inputs.some((name) => facts.get(name)?.value === undefined),
    )
    .map((node) => {
      inferContext(graph, node, (name) => facts.get(name));
      return describeNode(node);
    });
}

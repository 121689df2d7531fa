// Sizes that values have whatever is fed: inferTypes() puts stand-ins in the place of symbols, so a size that it gives may be
// another one when the model runs. What is not known to be fixed counts as open.
import { type Graph, type Node, opKey } from '../graph/graph.js';
import { subgraphsOf } from '../graph/uses.js';
import { ops } from '../ops/index.js';
import { intAttr, intsAttr } from '../ops/op.js';
import { toNumbers } from '../tensor/tensor.js';
import { elementwiseBinary } from './fuse-tables.js';
import type { InferredTypes } from './infer-types.js';
import { isOp } from './pattern.js';

/** The size of an axis counted from the end (-1 is the last) where it is fixed. */
export type FixedSize = (name: string, axis: number) => number | undefined;

/** Nothing is computed before the first question. */
export function fixedSizes(graph: Graph, inferred: () => InferredTypes): FixedSize {
  let masks: Masks | undefined;
  return (name, axis) => {
    masks ??= new Masks(graph, inferred());
    return masks.of(name)?.at(axis) ? masks.dims(name)?.at(axis) : undefined;
  };
}

/** Of a value or a list of sizes: which of them are fixed. */
type Mask = readonly boolean[];

const words = (names: string): ReadonlySet<string> => new Set(names.split(' '));

/** Operators of ai.onnx, besides functions of one number, whose output has the shape of input 0. */
const keepShape = words(
  'BatchNormalization Cast DequantizeLinear Dropout InstanceNormalization LayerNormalization Not QuantizeLinear Softmax',
);
/** Each axis of output i has a size that follows from that of input 0 and from what is constant. */
const byAxis = words(
  'AveragePool MaxPool Pad Resize Slice Split Tile ReduceL2 ReduceMax ReduceMean ReduceMin ReduceSum',
);
const broadcasting = words('And Equal Greater GreaterOrEqual Less LessOrEqual Or PRelu Where');
const keepsNumbers = words('Cast Identity Squeeze Unsqueeze');

/** Longer lists are data. */
const mostSizes = 64;

class Masks {
  readonly #masks = new Map<string, Mask>();
  readonly #constants: Graph['constants'];
  /** Of lists of sizes that the graph computes. */
  readonly #numbers = new Map<string, Mask>();

  constructor(
    graph: Graph,
    private readonly inferred: InferredTypes,
  ) {
    for (const { name, dims } of graph.inputs)
      if (dims !== null)
        this.#masks.set(
          name,
          dims.map((d) => typeof d === 'number'),
        );
    this.#constants = graph.constants;
    for (const [name, { dims, data }] of graph.constants) {
      this.#masks.set(
        name,
        dims.map(() => true),
      );
      if (dims.length < 2 && data.length <= mostSizes)
        this.#numbers.set(name, new Array<boolean>(data.length).fill(true));
    }
    // What bodies capture is no input of their nodes.
    for (const node of graph.nodes) if (subgraphsOf(node).length === 0) this.#visit(node);
  }

  of(name: string): Mask | undefined {
    return this.#masks.get(name);
  }

  dims(name: string): readonly number[] | undefined {
    return this.inferred.types.get(name)?.dims;
  }

  #visit(node: Node): void {
    const inputs = node.inputs.map((name) => (name === '' ? [] : this.of(name)));
    if (!inputs.every((mask) => mask !== undefined)) return;
    const closed =
      inputs.every((mask) => mask.every(Boolean)) && node.inputs.every((n) => this.#isConstant(n));
    node.outputs.forEach((name, i) => {
      const dims = this.dims(name);
      if (name === '' || dims === undefined) return;
      const mask = closed ? [] : this.#outputMask(node, inputs, dims, i);
      this.#masks.set(
        name,
        dims.map((_, axis) => closed || (mask[axis] ?? false)),
      );
      const numbers = this.inferred.known.has(name) ? this.#listMask(node) : undefined;
      if (numbers !== undefined) this.#numbers.set(name, numbers);
    });
  }

  /** No number of it follows from an open size. */
  #isConstant(name: string): boolean {
    if (this.#constants.has(name) || !this.inferred.known.has(name)) return true;
    return this.#numbers.get(name)?.every(Boolean) ?? false;
  }

  #listMask(node: Node): Mask | undefined {
    const [x = '', ...others] = node.inputs;
    const list = this.#numbers.get(x);
    const number = (i: number): number | undefined => {
      const value =
        others.every((name) => this.#isConstant(name)) && this.inferred.known.get(node.inputs[i] ?? '');
      return value ? toNumbers(value)[0] : undefined;
    };
    if (isOp(node, 'Shape'))
      return this.of(x)?.slice(intAttr(node, 'start', 0), intAttr(node, 'end', 1 << 30));
    if (node.domain === '' && keepsNumbers.has(node.op)) return list;
    if (isOp(node, 'Concat')) {
      const parts = node.inputs.map((name) => this.#numbers.get(name));
      return parts.every((part) => part !== undefined) ? parts.flat() : undefined;
    }
    if (isOp(node, 'Slice') && number(1) !== undefined && (number(4) ?? 1) === 1)
      return list?.slice(number(1), number(2));
    if (isOp(node, 'Gather') && list !== undefined && number(1) !== undefined) {
      const indices = toNumbers(this.inferred.known.get(node.inputs[1]!)!);
      return [...indices].map((i) => list.at(i) ?? false);
    }
    const fixed = node.inputs.every((name) => this.#numbers.get(name)?.every(Boolean));
    const [y] = node.outputs;
    return new Array<boolean>(this.inferred.known.get(y!)!.data.length).fill(fixed);
  }

  #outputMask(node: Node, inputs: readonly Mask[], dims: readonly number[], output: number): Mask {
    const [x = [], w = []] = inputs;
    if (output > 0 && !isOp(node, 'Split')) return [];
    if (ops.get(opKey(node))?.quantize.kind === 'table') return x;
    if (node.domain !== '') return [];
    if (keepShape.has(node.op) || node.op === 'Identity') return x;
    if (elementwiseBinary.has(node.op) || broadcasting.has(node.op))
      return this.#broadcast(node, inputs, dims);
    const others = node.inputs.slice(1).every((name) => this.#isConstant(name));
    if (byAxis.has(node.op) && !('keep_aspect_ratio_policy' in node.attributes))
      return others && x.length === dims.length ? x : [];
    if (isOp(node, 'Conv', 'ConvTranspose')) return [x[0]!, w.every(Boolean), ...x.slice(2)];
    if (isOp(node, 'GlobalAveragePool', 'GlobalMaxPool')) return x.map((fixed, axis) => fixed || axis > 1);
    if (isOp(node, 'Gemm')) return [intAttr(node, 'transA', 0) === 0 && x[0]!, w.every(Boolean)];
    if (isOp(node, 'MatMul') && x.length === dims.length && w.length === 2) return [...x.slice(0, -1), w[1]!];
    if (isOp(node, 'Transpose')) {
      const perm = intsAttr(node, 'perm') ?? x.map((_, axis) => x.length - 1 - axis);
      return perm.map((axis) => x[axis]!);
    }
    if (isOp(node, 'Flatten')) {
      const axis = intAttr(node, 'axis', 1);
      return [x.slice(0, axis).every(Boolean), x.slice(axis).every(Boolean)];
    }
    if (isOp(node, 'Concat')) {
      const along = intAttr(node, 'axis');
      const axis = along < 0 ? along + dims.length : along;
      return dims.map((_, a) => (a === axis ? inputs.every((m) => m[a]) : inputs.some((m) => m[a])));
    }
    if (isOp(node, 'Gather')) {
      const along = intAttr(node, 'axis', 0);
      const axis = along < 0 ? along + x.length : along;
      return [...x.slice(0, axis), ...w, ...x.slice(axis + 1)];
    }
    if (isOp(node, 'Squeeze', 'Unsqueeze')) return others ? this.#besideOnes(node, x, dims.length) : [];
    return isOp(node, 'Reshape') ? this.#reshaped(node, x) : [];
  }

  /** A size above 1 is that of the result, to which all others broadcast. */
  #broadcast({ inputs: names }: Node, inputs: readonly Mask[], dims: readonly number[]): Mask {
    return dims.map((_, i) => {
      const axis = i - dims.length;
      const wide = inputs.some((mask, k) => mask.at(axis) && this.dims(names[k]!)!.at(axis)! > 1);
      return wide || inputs.every((mask) => mask.length < -axis || mask.at(axis));
    });
  }

  #besideOnes(node: Node, x: Mask, rank: number): Mask {
    const given = this.inferred.known.get(node.inputs[1] ?? '');
    if (given === undefined) return [];
    const longer = Math.max(x.length, rank);
    const ones = new Set([...toNumbers(given)].map((axis) => (axis < 0 ? axis + longer : axis)));
    if (isOp(node, 'Squeeze')) return x.filter((_, axis) => !ones.has(axis));
    let at = 0;
    return Array.from({ length: rank }, (_, axis) => ones.has(axis) || x[at++]!);
  }

  #reshaped(node: Node, x: Mask): Mask {
    const numbers = this.#numbers.get(node.inputs[1]!);
    const shape = this.inferred.known.get(node.inputs[1]!);
    if (numbers === undefined || shape === undefined) return [];
    const sizes = toNumbers(shape);
    const copies = (axis: number): boolean => sizes[axis] === 0 && intAttr(node, 'allowzero', 0) === 0;
    const mask = numbers.map((fixed, axis) =>
      copies(axis) ? (x[axis] ?? false) : fixed && sizes[axis]! > 0,
    );
    // What is left for -1 is fixed where all is that is not copied.
    const rest = sizes.indexOf(-1);
    const othersFixed = numbers.every((fixed, axis) => fixed || copies(axis));
    if (rest >= 0 && othersFixed) mask[rest] = x.every((fixed, axis) => fixed || copies(axis));
    return mask;
  }
}

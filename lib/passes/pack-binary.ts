// Turns what a float graph says about binary networks into one-bit operators: binarised activations become packed bits,
// convolutions and products of them with weights in {-a, +a} per channel become one-bit products, and a scale, shift,
// pooling and binarisation behind those become thresholds of their integer sums, so that chains stay in bits.
import { attr } from '../graph/attribute.js';
import type { Attribute, Graph, Node } from '../graph/graph.js';
import { GraphEditor } from '../graph/rewrite.js';
import { floatAttr, intAttr, stringAttr } from '../ops/op.js';
import { convGeometry } from '../ops/shared/conv-geometry.js';
import { packBits } from '../ops/shared/one-bit.js';
import type { Window } from '../ops/shared/window.js';
import { type Dims, sizeOf } from '../tensor/shape.js';
import { f32, type TensorValue, tensor, toNumbers } from '../tensor/tensor.js';
import { binarisedBy, channelValues } from './binarised.js';
import { type FixedSize, fixedSizes } from './fixed-sizes.js';
import { type InferredTypes, typesWhenNeeded } from './infer-types.js';
import { mergeBinary } from './merge-binary.js';
import type { Pass } from './pass.js';
import { isOp } from './pattern.js';
import { poolAttributes } from './pool-attributes.js';

const make = (name: string, signOfZero: boolean, sign: string): Pass => ({
  name,
  summary: `Conv(${sign}, {-a, +a}) -> BinaryConv(PackBits(x)), thresholds and poolings on bits`,
  source:
    'Courbariaux et al. 2016, arXiv:1602.02830; Rastegari et al. 2016, arXiv:1603.05279, section 3; thresholds: Umuroglu ' +
    'et al. 2017, arXiv:1612.07119, section 4.2',
  needs: ['Where', 'Cast', 'Sign'],
  run: (graph) => {
    const packed = new Packing(graph, signOfZero).run();
    return packed === graph ? graph : mergeBinary(packed);
  },
});

/** Only forms that are +1 or -1 whatever x is. */
export const packBinary = make('pack-binary', false, 'Where(x >= t, 1, -1)');

/** Also Sign, taking Sign(0) for +1: ONNX says 0, but a bit cannot. For networks that are known to be binary. */
export const packSigns = make('pack-signs', true, 'Sign(x)');

/** A value of +1 and -1 that also exists as bits. */
interface Packed {
  readonly bits: string;
  /** Channels before flattening, and positions of each: bits of a flattened value are in this order. */
  readonly channels: number;
  readonly area: number;
}

/** Weights of +scale and -scale per output channel, as bits, with what is added to the scaled sums. */
interface BinaryWeights {
  readonly bits: TensorValue;
  readonly scale: Float32Array;
}

class Packing {
  readonly #graph: Graph;
  readonly #editor: GraphEditor;
  readonly #signOfZero: boolean;
  readonly #inferred: () => InferredTypes;
  readonly #fixed: FixedSize;
  readonly #packed = new Map<string, Packed>();
  #changed = false;

  constructor(graph: Graph, signOfZero: boolean) {
    this.#graph = graph;
    this.#editor = new GraphEditor(graph);
    this.#signOfZero = signOfZero;
    this.#inferred = typesWhenNeeded(graph);
    this.#fixed = fixedSizes(graph, this.#inferred);
  }

  /** The graph with one-bit products; the same graph when there are none. */
  run(): Graph {
    for (const node of this.#graph.nodes) if (this.#editor.has(node)) this.#visit(node);
    return this.#changed ? this.#editor.finish() : this.#graph;
  }

  #dims(name: string): Dims | undefined {
    return this.#inferred().types.get(name)?.dims;
  }

  #visit(node: Node): void {
    const input = this.#packed.get(node.inputs[0] ?? '');
    if (isOp(node, 'Conv')) {
      if (input !== undefined) this.#conv(node, input);
    } else if (isOp(node, 'Gemm', 'MatMul')) {
      if (input !== undefined) this.#gemm(node, input);
    } else if (isOp(node, 'MaxPool')) {
      if (input !== undefined) this.#pool(node, input);
    } else if (isOp(node, 'Flatten', 'Reshape')) {
      if (input !== undefined) this.#flatten(node, input);
    } else this.#binarise(node);
  }

  #add(node: Node, made: Node, packed: Omit<Packed, 'bits'>): void {
    this.#editor.insertAfter(node, made);
    this.#packed.set(node.outputs[0], { ...packed, bits: made.outputs[0] });
  }

  #new(node: Node, op: string, inputs: readonly string[], attributes: Node['attributes'] = {}): Node {
    const domain = op === 'Flatten' ? '' : 'ai.kompakt';
    return this.#editor.newNode(
      op,
      inputs,
      [this.#editor.fresh(`${node.outputs[0]}_bits`)],
      attributes,
      domain,
    );
  }

  #binarise(node: Node): void {
    const type = this.#inferred().types.get(node.outputs[0] ?? '');
    if (type === undefined || type.dtype !== 'float32') return;
    const found = binarisedBy(this.#editor, node, type.dims, this.#signOfZero, (x, constant) =>
      this.#keepsShape(x, constant, type.dims),
    );
    if (found === undefined || this.#inferred().types.get(found.x)?.dtype !== 'float32') return;
    const channels = type.dims[1];
    const threshold = this.#editor.addConstant(
      `${node.name}_threshold`,
      f32([channels], found.threshold.map(ceil32)),
    );
    const direction = this.#editor.addConstant(
      `${node.name}_direction`,
      tensor('int8', [channels], found.direction),
    );
    this.#add(node, this.#new(node, 'PackBits', [found.x, threshold, direction]), { channels, area: 1 });
  }

  /** Whether x has `dims`, the shape of an operation with a constant of one number or one a channel: more axes, or channels
   *  where x has one, would come from the constant. */
  #keepsShape(x: string, constant: TensorValue, dims: Dims): boolean {
    if (this.#dims(x)?.length !== dims.length) return false;
    return constant.data.length === 1 || this.#fixed(x, 1 - dims.length) === dims[1];
  }

  #pool(node: Node, input: Packed): void {
    const attributes = poolAttributes(node);
    if (attributes === undefined || (node.outputs[1] ?? '') !== '') return;
    this.#add(node, this.#new(node, 'BinaryMaxPool', [input.bits], attributes), input);
  }

  /** [N,C,H,W] to [N,C*H*W]; the weights behind it are put in the order of the bits. H and W may be stand-ins: the weights tell
   *  then whether they are right. */
  #flatten(node: Node, input: Packed): void {
    const [from, to] = [this.#dims(node.inputs[0]), this.#dims(node.outputs[0])];
    if (from?.length !== 4 || to?.length !== 2 || from[0] !== to[0] || from[1] % 8 !== 0) return;
    if (this.#fixed(node.inputs[0], -3) !== input.channels || !this.#keepsImages(node)) return;
    const made = this.#new(node, 'Flatten', [input.bits], { axis: attr.int(1) });
    this.#add(node, made, { channels: input.channels, area: from[2] * from[3] });
  }

  /** Whether the rows that a Flatten or Reshape makes are images, however large they are and however many. */
  #keepsImages(node: Node): boolean {
    if (isOp(node, 'Flatten')) return intAttr(node, 'axis', 1) === 1;
    const shape = this.#editor.constant(node.inputs[1]);
    if (shape?.data[0] === 0n && intAttr(node, 'allowzero', 0) === 0) return true;
    const sizes = [-3, -2, -1].map((axis) => this.#fixed(node.inputs[0], axis) ?? Number.NaN);
    return sizeOf(sizes) === this.#fixed(node.outputs[0], -1);
  }

  #conv(node: Node, input: Packed): void {
    const [x, w] = [this.#dims(node.inputs[0]), this.#editor.constant(node.inputs[1])];
    const automatic = stringAttr(node, 'auto_pad', 'NOTSET').startsWith('SAME') && !this.#inferred().exact;
    if (x?.length !== 4 || w?.dims.length !== 4 || intAttr(node, 'group', 1) !== 1 || automatic) return;
    const weights = binaryWeights(toNumbers(w), w.dims);
    // Stand-ins may fit the weights as little as they may fit the model when it runs.
    const window = x[1] === w.dims[1] ? windowOf(node, x, w.dims) : undefined;
    if (weights !== undefined && window !== undefined)
      this.#product(node, 'BinaryConv', input, weights, this.#bias(node, w.dims[0], 1), {
        channels: attr.int(input.channels),
        dilations: attr.ints(window.dilations),
        pad_value: attr.int(0),
        pads: attr.ints([...window.padsBegin, ...window.padsEnd]),
        strides: attr.ints(window.strides),
      });
  }

  #gemm(node: Node, input: Packed): void {
    const b = this.#editor.constant(node.inputs[1]);
    const gemm = isOp(node, 'Gemm');
    if (this.#dims(node.inputs[0])?.length !== 2 || b?.dims.length !== 2 || b.dtype !== 'float32') return;
    if (gemm && intAttr(node, 'transA', 0) !== 0) return;
    const transposed = gemm && intAttr(node, 'transB', 0) === 1;
    const [n, k] = transposed ? b.dims : [b.dims[1], b.dims[0]];
    const { channels, area } = input;
    if (k !== channels * area) return;
    const factor = gemm ? floatAttr(node, 'alpha', 1) : 1;
    const values = toNumbers(b);
    const rows = new Float64Array(n * k);
    for (let i = 0; i < k; i++) {
      const [c, position] = [Math.floor(i / area), i % area];
      const at = ((c >> 3) * area + position) * 8 + (c & 7);
      for (let j = 0; j < n; j++)
        rows[j * k + (area === 1 ? i : at)] = factor * values[transposed ? j * k + i : i * n + j];
    }
    const weights = binaryWeights(rows, [n, k]);
    if (weights !== undefined)
      this.#product(
        node,
        'BinaryGemm',
        input,
        weights,
        this.#bias(node, n, gemm ? floatAttr(node, 'beta', 1) : 1),
        {
          channels: attr.int(k),
        },
      );
  }

  /** Input 2 times `factor`, per channel; undefined when it is no such constant. */
  #bias(node: Node, channels: number, factor: number): Float32Array | undefined {
    const name = node.inputs[2] ?? '';
    if (name === '') return new Float32Array(channels);
    const constant = this.#editor.constant(name);
    const dims = isOp(node, 'Conv') && constant ? [constant.dims[0], 1, 1] : constant?.dims;
    const rank = isOp(node, 'Conv') ? 4 : 2;
    const values = constant && channelValues({ ...constant, dims: dims! }, rank, channels);
    return values && Float32Array.from(values, (v) => v * factor);
  }

  #product(
    node: Node,
    op: string,
    input: Packed,
    { bits, scale }: BinaryWeights,
    bias: Float32Array | undefined,
    attributes: Readonly<Record<string, Attribute>>,
  ): void {
    if (bias === undefined || !bias.every(Number.isFinite)) return;
    const constant = (hint: string, value: TensorValue): string =>
      this.#editor.addConstant(`${node.name}_${hint}`, value);
    const inputs = [
      input.bits,
      constant('bits', bits),
      constant('scale', f32([scale.length], scale)),
      constant('bias', f32([bias.length], bias)),
      constant('slope', f32([1], [1])),
      constant('shift', f32([1], [0])),
    ];
    const made = { ...node, op, domain: 'ai.kompakt', inputs, attributes };
    this.#editor.replace([node], [made]);
    this.#changed = true;
  }
}

/** undefined where the sizes are too small for the window. */
function windowOf(node: Node, x: Dims, w: Dims): Window | undefined {
  try {
    return convGeometry(node, `${node.op} node '${node.name}'`, x, w).window;
  } catch {
    return undefined;
  }
}

/** The least float32 that is not below a number. */
function ceil32(value: number): number {
  const near = Math.fround(value);
  if (near >= value) return near;
  const bits = new Int32Array(Float32Array.of(near).buffer);
  bits[0] += near > 0 ? 1 : -1;
  return near === 0 ? 2 ** -149 : new Float32Array(bits.buffer)[0];
}

/** Bits and scales of weights [O,...] whose magnitude is the same within each output channel. */
function binaryWeights(w: Float64Array, dims: Dims): BinaryWeights | undefined {
  const row = w.length / dims[0];
  const scale = Float32Array.from({ length: dims[0] }, (_, o) => Math.abs(w[o * row]));
  if (row === 0 || !w.every((v, i) => Math.abs(v) === Math.abs(w[Math.floor(i / row) * row])))
    return undefined;
  return scale.every(Number.isFinite) ? { bits: packBits(dims, (i) => w[i] > 0), scale } : undefined;
}

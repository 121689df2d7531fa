// GraphConverter: the ONNX-shaped graph under construction. Each tensor has its stored value and, when quantised, the
// float value that DequantizeLinear makes of it. Tensors of rank 4 may exist channels-last, as in the file, and
// channels-first, as ONNX operators want them; a Transpose is added only where the other form is asked for.
import { attr } from '../graph/attribute.js';
import { GraphBuilder } from '../graph/builder.js';
import type { Attribute, Graph } from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { permuted } from '../ops/shared/layout.js';
import { fromNumbers, type TensorValue, tensor } from '../tensor/tensor.js';
import { malformed } from './flat-file.js';
import { dequantized } from './quantization.js';
import type { TfModel, TfTensor } from './schema.js';

/** last: as in the file, [N,H,W,C]; first: [N,C,H,W]. Tensors of other ranks have one form, called last. */
export type Layout = 'last' | 'first';

const toFirst = [0, 3, 1, 2] as const;
const toLast = [0, 2, 3, 1] as const;

/** Axis of a tensor of rank 4 in a layout, from the axis in the file. */
export const axisIn = (layout: Layout, axis: number): number =>
  layout === 'first' ? toFirst.indexOf(axis as 0) : axis;

/** What is listed per axis, in the order of a layout. */
export const perAxis = <T>(layout: Layout, list: readonly T[]): readonly T[] =>
  layout === 'first' ? toFirst.map((axis) => list[axis]) : list;

type Attributes = Readonly<Record<string, Attribute>>;

/** A node without outputs. */
export interface Step {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly attributes?: Attributes;
}

/** A step that takes the result of the one before as its only operand that is not constant. */
export type Tail = (x: string) => Step;

/** Zero padding that a convolution takes over from a PAD before it. */
export interface Padding {
  readonly tensor: number;
  /** top, left, bottom, right */
  readonly pads: readonly number[];
}

export class GraphConverter {
  readonly model: TfModel;
  /** Outputs of PAD operators that convolutions take over: the tensor before them, and how it is padded. */
  readonly paddings = new Map<number, Padding>();
  readonly #builder = new GraphBuilder('tflite');
  readonly #names = new Names();
  /** Names of tensors in the layout of the file, by index. */
  readonly #own: readonly string[];
  /** Names of values, by "what:tensor". */
  readonly #values = new Map<string, string>();

  constructor(model: TfModel) {
    this.model = model;
    const order = [...new Set([...model.inputs, ...model.outputs, ...model.tensors.keys()])];
    const own: string[] = [];
    for (const i of order) own[i] = this.#names.fresh(model.tensors[i].name || `tensor_${i}`);
    this.#own = own;
    for (const i of model.inputs) {
      const { dtype, dims } = model.tensors[i];
      if (this.#values.has(`last:${i}`)) malformed(`Tensor '${own[i]}' is an input twice.`);
      this.#values.set(`last:${i}`, this.#builder.input(own[i], dtype, dims));
    }
  }

  tensor(i: number): TfTensor {
    return this.model.tensors[i];
  }

  /** The layout in which a tensor exists already: operators that can work in both keep it. */
  layoutOf(i: number): Layout {
    return this.#values.has(`first:${i}`) ? 'first' : 'last';
  }

  /** The value of a tensor as the file stores it. Constants of lower rank get the axes that channels-first lacks. */
  stored(i: number, layout: Layout): string {
    return this.#made(`${layout}:${i}`, () => {
      const { constant, dims } = this.tensor(i);
      if (constant !== undefined) {
        const value = constant();
        return this.constant(this.#own[i], layout === 'last' ? value : permuted(ofRank4(value), toFirst));
      }
      const there = this.#values.get(`${layout === 'last' ? 'first' : 'last'}:${i}`);
      if (there === undefined || dims.length !== 4)
        malformed(`Tensor ${i} '${this.#own[i]}' is used before an operator makes it.`);
      return this.#transposed(there, layout === 'last' ? toLast : toFirst, this.#nameOf(i, layout));
    });
  }

  /** The value of a tensor as float numbers; that of tensors that are not quantised as it is. */
  real(i: number, layout: Layout): string {
    const { quantization } = this.tensor(i);
    if (quantization === undefined) return this.stored(i, layout);
    return this.#made(`real:${layout}:${i}`, () => {
      const [scale, zero] = this.#parameters(i);
      const missing = layout === 'first' ? 4 - this.tensor(i).dims.length : 0;
      const axis = axisIn(layout, quantization.axis + missing);
      return this.emit('DequantizeLinear', [this.stored(i, layout), scale, zero], { axis: attr.int(axis) });
    });
  }

  /**
   * A weight, with its axes in another order, as float numbers for tensor `x`: integers behind DequantizeLinear where `x`
   * has integers too, else dequantised here and now (models whose activations are float keep 8-bit weights for their size).
   */
  weight(i: number, perm: readonly number[], x: number): string {
    const { quantization, constant, dims } = this.tensor(i);
    const keepsIntegers = this.tensor(x).quantization !== undefined;
    if (dims.length !== perm.length)
      malformed(`Tensor ${i} '${this.#own[i]}' has ${dims.length} axes where ${perm.length} are needed.`);
    if (constant === undefined) return this.#transposed(this.real(i, 'last'), perm);
    return this.#made(`weight:${perm.join()}:${keepsIntegers}:${i}`, () => {
      const value = permuted(constant(), perm);
      if (quantization !== undefined && !keepsIntegers)
        return this.constant(this.#own[i], dequantized(value, quantization, perm.indexOf(quantization.axis)));
      const stored = this.constant(this.#own[i], value);
      if (quantization === undefined) return stored;
      const [scale, zero] = this.#parameters(i);
      const axis = attr.int(perm.indexOf(quantization.axis));
      return this.emit('DequantizeLinear', [stored, scale, zero], { axis });
    });
  }

  /**
   * A bias. In integers it counts in units of the input's scale times the weight's, whatever the file says of it: that is
   * how the operators of TensorFlow Lite read it.
   */
  bias(i: number, x: number, w: number): string {
    const { dtype, dims } = this.tensor(i);
    const [input, weight] = [this.tensor(x).quantization, this.tensor(w).quantization];
    if (dtype !== 'int32' || input === undefined || weight === undefined) return this.stored(i, 'last');
    const units = weight.scales.map((scale) => input.scales[0] * scale);
    if (dims.length !== 1 || (units.length > 1 && units.length !== dims[0]))
      malformed(`The bias '${this.#own[i]}' of shape [${dims.join(',')}] does not fit its weights.`);
    const scale = this.constant(`${this.#own[i]}_scale`, scales(units));
    return this.emit('DequantizeLinear', [this.stored(i, 'last'), scale], { axis: attr.int(0) });
  }

  constant(hint: string, value: TensorValue): string {
    return this.#builder.constant(this.#names.fresh(hint), value);
  }

  /** Adds a node between the tensors of the file and returns the name of its output. */
  emit(op: string, inputs: readonly string[], attributes: Attributes = {}): string {
    const output = this.#names.fresh(`${op.toLowerCase()}_out`);
    this.#builder.node(op, inputs, attributes, { outputs: [output] });
    return output;
  }

  /** The same for a node with several outputs. */
  emitAll(count: number, { op, inputs, attributes }: Step): readonly string[] {
    const outputs = Array.from({ length: count }, () => this.#names.fresh(`${op.toLowerCase()}_out`));
    return this.#builder.node(op, inputs, attributes, { outputs });
  }

  /** Adds the node that makes tensor `i`, with `tails` behind it, as the file stores the tensor. */
  store(i: number, layout: Layout, step: Step, tails: readonly Tail[] = []): void {
    let last = step;
    for (const tail of tails) last = tail(this.emit(last.op, last.inputs, last.attributes));
    this.#builder.node(last.op, last.inputs, last.attributes, { outputs: [this.define(i, layout)] });
  }

  /** The same for a node that makes float numbers, which are quantised where the tensor is. */
  storeReal(i: number, layout: Layout, step: Step, tails: readonly Tail[] = []): void {
    this.store(
      i,
      layout,
      step,
      this.tensor(i).quantization === undefined ? tails : [...tails, this.#quantize(i)],
    );
  }

  /** Makes tensor `i` the float value `x`, quantised where the tensor is. */
  assign(i: number, layout: Layout, x: string): void {
    const step =
      this.tensor(i).quantization === undefined ? { op: 'Identity', inputs: [x] } : this.#quantize(i)(x);
    this.store(i, layout, step);
  }

  /** The graph: outputs in the layout of the file, under their names in the file. */
  finish(): Graph {
    for (const i of this.model.outputs)
      this.#builder.output(this.stored(i, 'last'), this.tensor(i).dtype, this.tensor(i).dims);
    return this.#builder.build();
  }

  /** The name under which an operator is to make tensor `i`. */
  define(i: number, layout: Layout): string {
    if (this.layoutOf(i) === 'first' || this.#values.has(`last:${i}`))
      malformed(`Tensor ${i} '${this.#own[i]}' is made twice.`);
    const name = this.#nameOf(i, layout);
    this.#values.set(`${layout}:${i}`, name);
    return name;
  }

  #nameOf(i: number, layout: Layout): string {
    return layout === 'last' ? this.#own[i] : this.#names.fresh(`${this.#own[i]}_channels_first`);
  }

  #made(key: string, make: () => string): string {
    const there = this.#values.get(key);
    if (there !== undefined) return there;
    const name = make();
    this.#values.set(key, name);
    return name;
  }

  #transposed(x: string, perm: readonly number[], output = this.#names.fresh(`${x}_transposed`)): string {
    this.#builder.node('Transpose', [x], { perm: attr.ints(perm) }, { outputs: [output] });
    return output;
  }

  #quantize(i: number): Tail {
    return (x) => {
      const [scale, zero] = this.#parameters(i);
      return { op: 'QuantizeLinear', inputs: [x, scale, zero] };
    };
  }

  /** Names of the scale and zero point of a quantised tensor. */
  #parameters(i: number): readonly [string, string] {
    const { quantization, dtype } = this.tensor(i);
    const parameters = quantization ?? malformed(`Tensor '${this.#own[i]}' has no scale.`);
    const dims = parameters.scales.length > 1 ? [parameters.scales.length] : [];
    return [
      this.#made(`scale:${i}`, () => this.constant(`${this.#own[i]}_scale`, scales(parameters.scales))),
      this.#made(`zero:${i}`, () =>
        this.constant(`${this.#own[i]}_zero_point`, fromNumbers(dtype, dims, parameters.zeros)),
      ),
    ];
  }
}

const ofRank4 = ({ dtype, dims, data }: TensorValue): TensorValue =>
  tensor(dtype, [...new Array<number>(4 - dims.length).fill(1), ...dims], data);

/** One scale as a scalar, several as a row. */
const scales = (values: readonly number[]): TensorValue =>
  tensor('float32', values.length > 1 ? [values.length] : [], Float32Array.from(values));

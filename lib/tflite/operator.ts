// What the converter of one operator works with: its tensors, options and the graph under construction.
import { expected, KompaktError } from '../errors.js';
import { f32, toNumbers } from '../tensor/tensor.js';
import { malformed, type Table } from './flat-file.js';
import type { GraphConverter, Tail } from './graph-converter.js';
import { sameQuantization } from './quantization.js';
import type { TfOperator, TfTensor } from './schema.js';

/** Options of an operator whose file holds none: every field has its default. */
type Options = Pick<Table, 'bool' | 'float32' | 'int32' | 'int8'>;

const noOptions: Options = {
  bool: (_, fallback = false) => fallback,
  float32: (_, fallback = 0) => fallback,
  int32: (_, fallback = 0) => fallback,
  int8: (_, fallback = 0) => fallback,
};

export class Operator {
  readonly where: string;
  readonly options: Options;

  constructor(
    readonly graph: GraphConverter,
    private readonly source: TfOperator,
  ) {
    this.where = source.where;
    this.options = source.options ?? noOptions;
  }

  /** Indices of the input tensors; -1 for one that is absent. */
  get inputs(): readonly number[] {
    return this.source.inputs;
  }

  get outputs(): readonly number[] {
    return this.source.outputs;
  }

  has(input: number): boolean {
    return (this.source.inputs[input] ?? -1) >= 0;
  }

  /** Index of the tensor that is input `at`. */
  input(at: number): number {
    const i = this.source.inputs[at] ?? -1;
    return i < 0 ? malformed(`Input ${at} of ${this.where} is absent.`) : i;
  }

  output(at = 0): number {
    return this.source.outputs[at] ?? malformed(`${this.where} has no output ${at}.`);
  }

  tensor(input: number): TfTensor {
    return this.graph.tensor(this.input(input));
  }

  /** The whole numbers, `count` of them where that is given, of an input that must be a constant. */
  integers(input: number, count?: number): readonly number[] {
    const { constant } = this.tensor(input);
    if (constant === undefined) return this.unsupported(`input ${input} that is computed`);
    const values = [...toNumbers(constant())];
    if (!values.every(Number.isInteger) || values.length !== (count ?? values.length))
      malformed(expected(`${count ?? 'any'} whole numbers`, `input ${input} of ${this.where}`, values));
    return values;
  }

  /** Dims of an input of rank 4. */
  dims4(input: number): readonly [number, number, number, number] {
    const { dims } = this.tensor(input);
    if (dims.length !== 4) malformed(expected('a tensor of rank 4', `input ${input} of ${this.where}`, dims));
    return dims as readonly number[] as readonly [number, number, number, number];
  }

  /** True when these tensors have one scale and zero point: bytes may be moved as they are. */
  moves(...tensors: readonly number[]): boolean {
    const [first, ...rest] = tensors.map((i) => this.graph.tensor(i));
    return rest.every((t) => t.dtype === first.dtype && sameQuantization(t.quantization, first.quantization));
  }

  /** The axis that an option or input gives, counted from 0. */
  axis(given: number, rank: number): number {
    const axis = given < 0 ? given + rank : given;
    if (!Number.isInteger(axis) || axis < 0 || axis >= rank)
      malformed(expected(`an axis of ${rank}`, this.where, given));
    return axis;
  }

  /** Nodes of the fused activation in option `slot`. */
  activation(slot: number): readonly Tail[] {
    const code = this.options.int8(slot);
    const tails: Readonly<Record<number, readonly Tail[]>> = {
      0: [],
      1: [(x) => ({ op: 'Relu', inputs: [x] })],
      2: [clip(this.graph, -1, 1)],
      3: [clip(this.graph, 0, 6)],
      4: [(x) => ({ op: 'Tanh', inputs: [x] })],
    };
    return tails[code] ?? this.unsupported(`activation ${code}`);
  }

  unsupported(what: string): never {
    throw new KompaktError('KPT_TFLITE_UNSUPPORTED', `${this.where} with ${what} is not supported.`);
  }
}

export const clip =
  (graph: GraphConverter, low: number, high: number): Tail =>
  (x) => ({
    op: 'Clip',
    inputs: [x, graph.constant('low', f32([], [low])), graph.constant('high', f32([], [high]))],
  });

export type Convert = (operator: Operator) => void;

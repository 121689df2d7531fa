// PlanBuilder: values, buffers, memory blocks and steps of a plan under construction. LoweringContext (one per node) gives
// an OpDef its view of it.
import { KompaktError } from '../errors.js';
import type { Node } from '../graph/graph.js';
import {
  type Buffer,
  type InferContext,
  type Layout,
  type LowerContext,
  type Matrices,
  type TensorType,
  typeOf,
} from '../ops/op.js';
import type { StepKind, StepParams } from '../ops/steps.js';
import { toStorage } from '../ops/storage.js';
import { bytesPerElement, type DType } from '../tensor/dtype.js';
import { type Dims, sameDims, sizeOf, stridesOf } from '../tensor/shape.js';
import { allocate, maxElements, type TensorValue, tensor } from '../tensor/tensor.js';
import type { Block } from './memory-plan.js';
import { fitsArena, type ProgramStep } from './program.js';

/** A buffer and the memory behind it: an arena block or a constant. */
export interface PlannedBuffer extends Buffer {
  readonly block: Block | null;
  readonly constant: number | null;
}

/** One value of the graph while the plan is made. */
export interface PlanValue {
  readonly type: TensorType;
  readonly known: TensorValue | undefined;
  /** Where the value lies in the arena, per layout. */
  plain?: PlannedBuffer;
  channelsLast?: PlannedBuffer;
  /** True when JavaScript makes the value (a graph input, or the output of a host node): it is written to its arena buffer
   *  as soon as it exists, if a step wants it. */
  fromHost: boolean;
  /** Time at which it comes to exist. */
  readonly born: number;
}

/** Physical dims of logical dims in a layout. */
function physicalDims(dims: Dims, layout: Layout): number[] {
  return layout === 'plain' ? [...dims] : [dims[0]!, ...dims.slice(2), dims[1]!];
}

/** True when both layouts are the same memory: one channel, or one pixel. */
const layoutsCoincide = (dims: Dims): boolean => dims[1] === 1 || sizeOf(dims.slice(2)) === 1;

/** Takes constants and gives each an index; equal ones of equal order may share it. */
export interface ConstantStore {
  constant(value: TensorValue, order?: Matrices): number;
}

export class PlanBuilder {
  readonly values = new Map<string, PlanValue>();
  readonly buffers: PlannedBuffer[] = [];
  readonly blocks: Block[] = [];
  readonly steps: ProgramStep[] = [];
  /** Index of the node that each step belongs to. */
  readonly stepNodes: number[] = [];
  /** Counts steps and host events: the time axis of lifetimes. */
  time = 0;
  currentNode = 0;

  /** `state`: inputs that live in the arena from run to run and may be written over. */
  constructor(
    readonly constants: ConstantStore,
    readonly state: ReadonlySet<string> = new Set(),
  ) {}

  /** Values that are the same in every run. */
  know(constants: ReadonlyMap<string, TensorValue>): void {
    for (const [name, value] of constants)
      this.values.set(name, { type: typeOf(value), known: value, fromHost: false, born: 0 });
  }

  value(name: string): PlanValue {
    const value = this.values.get(name);
    if (value === undefined)
      throw new KompaktError('KPT_GRAPH_INVALID', `Value '${name}' is used before it is made.`);
    return value;
  }

  private add(buffer: Omit<PlannedBuffer, 'id'>): PlannedBuffer {
    const made = { ...buffer, id: this.buffers.length };
    this.buffers.push(made);
    return made;
  }

  newBuffer(dtype: DType, dims: Dims, layout: Layout, born = this.time): PlannedBuffer {
    if (!fitsArena(dtype))
      throw new KompaktError('KPT_INTERNAL', `A ${dtype} value cannot be given to a native step.`);
    if (!(sizeOf(dims) <= maxElements && dims.every((dim) => dim <= maxElements)))
      throw new KompaktError('KPT_TOO_LARGE', `A ${dtype} value of shape [${dims.join(',')}] is too large.`);
    const block: Block = { bytes: sizeOf(dims) * bytesPerElement(dtype), first: born, last: born, offset: 0 };
    this.blocks.push(block);
    return this.add({ dtype, dims, layout, block, constant: null });
  }

  constantBuffer(value: TensorValue, layout: Layout = 'plain', order?: Matrices): PlannedBuffer {
    const constant = this.constants.constant(value, order);
    return this.add({ dtype: value.dtype, dims: value.dims, layout, block: null, constant });
  }

  reshape(buffer: Buffer, dims: Dims): PlannedBuffer {
    const source = buffer as PlannedBuffer;
    if (sameDims(source.dims, dims)) return source;
    if (sizeOf(source.dims) !== sizeOf(dims))
      throw new KompaktError('KPT_INTERNAL', `[${source.dims}] cannot be seen as [${dims}].`);
    const { dtype, block, constant } = source;
    return this.add({ dtype, dims, layout: 'plain', block, constant });
  }

  step(kind: StepKind, inputs: readonly (Buffer | null)[], outputs: readonly Buffer[], params: object): void {
    this.time++;
    for (const buffer of [...inputs, ...outputs]) this.touch(buffer as PlannedBuffer | null);
    this.steps.push({
      kind,
      inputs: inputs.map((b) => b?.id ?? -1),
      outputs: outputs.map((b) => b.id),
      params: params as ProgramStep['params'],
    });
    this.stepNodes.push(this.currentNode);
  }

  /** Keeps a buffer alive until now. */
  touch(buffer: PlannedBuffer | null | undefined): void {
    if (buffer?.block) buffer.block.last = Math.max(buffer.block.last, this.time);
  }

  /** The value in the wanted layout, planning an upload, a constant or a transposing copy when it is not there yet. */
  read(name: string, layout: Layout): PlannedBuffer {
    const value = this.value(name);
    const wanted = layout === 'plain' || value.type.dims.length < 3 ? 'plain' : 'channels-last';
    const there = wanted === 'plain' ? value.plain : value.channelsLast;
    if (there !== undefined) return there;
    const made = this.make(value, wanted);
    if (wanted === 'plain') value.plain = made;
    else value.channelsLast = made;
    return made;
  }

  private make(value: PlanValue, layout: Layout): PlannedBuffer {
    if (value.known !== undefined) {
      const stored = toStorage(value.known);
      return this.constantBuffer(layout === 'plain' ? stored : toChannelsLast(stored), layout);
    }
    const { dtype, dims } = value.type;
    if (!value.fromHost && value.plain === undefined && value.channelsLast === undefined)
      throw new KompaktError('KPT_INTERNAL', 'A step reads a value that no step has written.');
    const other = layout === 'plain' ? value.channelsLast : value.plain;
    if (other === undefined && layout === 'plain') return this.newBuffer(dtype, dims, 'plain', value.born);
    const source = other ?? this.makePlain(value);
    const physical = physicalDims(dims, layout);
    if (layoutsCoincide(dims)) return { ...this.reshape(source, physical), layout };
    const target = this.newBuffer(dtype, physical, layout, this.time + 1);
    const spatial = sizeOf(dims.slice(2));
    const [n, c] = [dims[0]!, dims[1]!];
    const toLast = layout === 'channels-last';
    this.step('copy', [source], [target], {
      dims: toLast ? [n, spatial, c] : [n, c, spatial],
      xOffset: 0,
      xStrides: toLast ? [c * spatial, 1, spatial] : [c * spatial, 1, c],
      yOffset: 0,
      yStrides: toLast ? [c * spatial, c, 1] : [c * spatial, spatial, 1],
    });
    return target;
  }

  private makePlain(value: PlanValue): PlannedBuffer {
    value.plain = this.newBuffer(value.type.dtype, value.type.dims, 'plain', value.born);
    return value.plain;
  }
}

function toChannelsLast(value: TensorValue): TensorValue {
  const dims = physicalDims(value.dims, 'channels-last');
  const out = allocate(value.dtype, dims);
  const source = value.data as typeof out;
  const [n, c] = [value.dims[0]!, value.dims[1]!];
  const spatial = sizeOf(value.dims.slice(2));
  const strides = stridesOf([n, spatial, c]);
  for (let b = 0; b < n; b++)
    for (let ch = 0; ch < c; ch++)
      for (let s = 0; s < spatial; s++)
        out[b * strides[0]! + s * strides[1]! + ch] = source[(b * c + ch) * spatial + s]!;
  return tensor(value.dtype, dims, out);
}

/** What the OpDef of one node may do to the plan. */
export class LoweringContext implements LowerContext {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: InferContext['inputs'];
  readonly where: string;

  constructor(
    private readonly builder: PlanBuilder,
    private readonly context: InferContext,
    readonly outputs: readonly TensorType[],
  ) {
    this.node = context.node;
    this.opset = context.opset;
    this.inputs = context.inputs;
    this.where = context.where;
  }

  value(i: number): TensorValue | undefined {
    return this.context.value(i);
  }

  layoutOf(i: number): Layout {
    const value = this.builder.value(this.node.inputs[i]!);
    return value.plain === undefined && value.channelsLast !== undefined ? 'channels-last' : 'plain';
  }

  read(i: number, layout: Layout): Buffer {
    return this.builder.read(this.node.inputs[i]!, layout);
  }

  constant(value: TensorValue, order?: Matrices): Buffer {
    return this.builder.constantBuffer(value, 'plain', order);
  }

  write(i: number, layout: Layout): Buffer {
    const name = this.node.outputs[i]!;
    const { dtype, dims } = this.outputs[i]!;
    const actual = dims.length < 3 ? 'plain' : layout;
    // The block is born with the step that writes it, which is the next one.
    const buffer = this.builder.newBuffer(dtype, physicalDims(dims, actual), actual, this.builder.time + 1);
    this.place(name, buffer, actual);
    return buffer;
  }

  writeOver(i: number, over: number): Buffer {
    const input = this.node.inputs[over]!;
    if (!this.builder.state.has(input) || this.node.outputs[i] === '') return this.write(i, 'plain');
    const buffer = this.builder.read(input, 'plain');
    this.place(this.node.outputs[i]!, buffer, 'plain');
    return buffer;
  }

  alias(i: number, source: Buffer, layout: Layout): void {
    const { dims } = this.outputs[i]!;
    const actual = dims.length < 3 ? 'plain' : layout;
    const buffer = { ...this.builder.reshape(source, physicalDims(dims, actual)), layout: actual };
    this.place(this.node.outputs[i]!, buffer, actual);
  }

  reshape(buffer: Buffer, dims: Dims): Buffer {
    return this.builder.reshape(buffer, dims);
  }

  temporary(dtype: DType, dims: Dims): Buffer {
    return this.builder.newBuffer(dtype, dims, 'plain', this.builder.time + 1);
  }

  emit<K extends StepKind>(
    kind: K,
    inputs: readonly (Buffer | null)[],
    outputs: readonly Buffer[],
    params: StepParams[K],
  ): void {
    this.builder.step(kind, inputs, outputs, params);
  }

  private place(name: string, buffer: PlannedBuffer, layout: Layout): void {
    if (name === '') return;
    const value = this.builder.value(name);
    if (layout === 'plain') value.plain = buffer;
    else value.channelsLast = buffer;
  }
}

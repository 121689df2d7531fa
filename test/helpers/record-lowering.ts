// A LowerContext that records the steps which a lowering emits, and checks what every lowering must keep to.
import { opOf } from '../../lib/ops/index.js';
import type { Buffer, Layout, LowerContext } from '../../lib/ops/op.js';
import { toStorage } from '../../lib/ops/storage.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import type { TensorValue } from '../../lib/tensor/tensor.js';
import { contextOf, type OneNode } from './run-reference.js';
import { transposed } from './transposed.js';

export interface RecordedStep {
  readonly kind: string;
  readonly inputs: readonly (Buffer | null)[];
  readonly outputs: readonly Buffer[];
  readonly params: Readonly<Record<string, unknown>>;
}

export interface Recorded {
  /** What the lowering returned; 'host' when the operator has none. */
  readonly lowered: boolean | 'host';
  readonly steps: readonly RecordedStep[];
  /** Values of constants by buffer id. */
  readonly constants: ReadonlyMap<number, TensorValue>;
}

export interface RecordOptions {
  /** Inputs whose values are not known at plan time. Default: input 0. */
  readonly unknown?: readonly number[];
  /** Inputs that exist channels-last. */
  readonly channelsLast?: readonly number[];
}

const physical = (dims: Dims, layout: Layout): Dims =>
  layout === 'plain' || dims.length < 3 ? dims : [dims[0], ...dims.slice(2), dims[1]];

const stored = (dtype: Buffer['dtype']): Buffer['dtype'] => (dtype === 'int8' ? 'uint8' : dtype);

export function recordLowering(
  one: OneNode,
  { unknown = [0], channelsLast = [] }: RecordOptions = {},
): Recorded {
  const base = contextOf(one, (i) => !unknown.includes(i));
  const def = opOf(base.node);
  const outputs = def.infer(base);
  const steps: RecordedStep[] = [];
  const constants = new Map<number, TensorValue>();
  let next = 0;
  const make = (dtype: Buffer['dtype'], dims: Dims, layout: Layout = 'plain', id = next++): Buffer => ({
    id,
    dtype,
    dims,
    layout,
  });
  const context: LowerContext = {
    ...base,
    outputs,
    layoutOf: (i) => (channelsLast.includes(i) ? 'channels-last' : 'plain'),
    read: (i, layout) => {
      const { dtype, dims } = base.inputs[i] as TensorValue;
      const buffer = make(stored(dtype), physical(dims, layout), layout);
      const value = base.value(i);
      if (value !== undefined) constants.set(buffer.id, toStorage(value));
      return buffer;
    },
    constant: (value, order) => {
      const buffer = make(value.dtype, value.dims);
      constants.set(buffer.id, transposed(value, order));
      return buffer;
    },
    write: (i, layout) => make(stored(outputs[i].dtype), physical(outputs[i].dims, layout), layout),
    writeOver: (i) => make(stored(outputs[i].dtype), outputs[i].dims),
    alias: () => undefined,
    reshape: (buffer, dims) => {
      expect(sizeOf(dims)).toBe(sizeOf(buffer.dims));
      return make(buffer.dtype, dims, buffer.layout, buffer.id);
    },
    temporary: (dtype, dims) => make(dtype, dims),
    emit: (kind, inputs, written, params) => {
      steps.push({ kind, inputs, outputs: written, params: params as Readonly<Record<string, unknown>> });
    },
  };
  if (def.lower === 'host') return { lowered: 'host', steps, constants };
  const lowered = def.lower(context);
  // A lowering that gives up must not leave half of its work in the plan.
  if (!lowered) expect(steps).toEqual([]);
  return { lowered, steps, constants };
}

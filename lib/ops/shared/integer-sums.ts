// Products of bytes with int32 sums, and what those with float output build on: weights are constants, the zero point of x
// is read when the step runs.
import { type TensorValue, tensor } from '../../tensor/tensor.js';
import type { Buffer, LowerContext } from '../op.js';
import type { StepParams } from '../steps.js';
import { storageBias } from '../storage.js';
import { storedWeightZeros } from './weight-params.js';

/** The zero point of input `index`, its input `zero`, as it is in memory (absent: 0). */
export function storedZeroPoint(ctx: LowerContext, index: number, zero: number): Buffer {
  if (ctx.inputs[zero] !== undefined) return ctx.read(zero, 'plain');
  return ctx.constant(tensor('uint8', [1], Uint8Array.of(storageBias(ctx.inputs[index]!.dtype))));
}

export interface IntegerSums {
  /** Bytes in the layout of the step, and their zero point. */
  readonly x: Buffer;
  readonly zero: Buffer;
  /** Weights [O,kH,kW,I/group] s8, and as the node has them. */
  readonly packed: Buffer;
  readonly w: TensorValue;
  readonly wZero: TensorValue | undefined;
  readonly y: Buffer;
}

export type StepWindow = Pick<StepParams['conv_u8'], 'strides' | 'pads' | 'dilations' | 'group'>;

/** conv_u8 with s32 output, or times `scales` of x and of each output channel with f32 output. */
export function emitSums(
  ctx: LowerContext,
  p: IntegerSums,
  window: StepWindow,
  scales?: { readonly x: Buffer; readonly w: Buffer },
): void {
  const zeros = storedWeightZeros(p.w, p.wZero, p.packed.dims[0]);
  const wZero = zeros && ctx.constant(zeros);
  ctx.emit(
    'conv_u8',
    [p.x, p.packed, null, scales?.w ?? null, wZero, null, null, scales?.x ?? null, p.zero],
    [p.y],
    { ...window, xZero: 0, yZero: 0, lo: 0, hi: 255, residual: [] },
  );
}

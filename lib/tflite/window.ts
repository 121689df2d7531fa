// The window of convolutions and poolings over height and width, with padding computed for the shape at hand.
import { expected } from '../errors.js';
import { malformed } from './flat-file.js';
import type { Operator } from './operator.js';

/** Height before width in each list. */
export interface PlaneWindow {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** top, left, bottom, right */
  readonly pads: readonly number[];
}

/** Largest kernel, stride and dilation: beyond any tensor that is read. */
const limit = 1 << 20;

/** Option 0 of all of these operators is the padding: 0 SAME, 1 VALID. */
export function readWindow(
  operator: Operator,
  plane: readonly number[],
  window: Omit<PlaneWindow, 'pads'>,
): PlaneWindow {
  const { kernel, strides, dilations } = window;
  for (const [what, list] of Object.entries({ kernel, strides, dilations }))
    if (list.some((v) => v < 1 || v > limit))
      malformed(expected(`${what} of at least 1`, operator.where, list));
  const padding = operator.options.int8(0);
  if (padding !== 0 && padding !== 1) operator.unsupported(`padding ${padding}`);
  const total = plane.map((size, i) => {
    const covered = (Math.ceil(size / strides[i]) - 1) * strides[i] + (kernel[i] - 1) * dilations[i] + 1;
    return padding === 1 ? 0 : Math.max(0, covered - size);
  });
  const before = total.map((pad) => Math.floor(pad / 2));
  return { ...window, pads: [...before, ...total.map((pad, i) => pad - before[i])] };
}

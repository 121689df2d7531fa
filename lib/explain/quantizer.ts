// How the output of a layer is rounded.
import type { GraphEditor } from '../graph/rewrite.js';
import { isDequantize, isQuantize } from '../passes/quantized-value.js';
import { dtypes } from '../tensor/dtype.js';
import { toNumbers } from '../tensor/tensor.js';

export interface OutputQuantizer {
  readonly bits: number;
  readonly scale: number;
  /** Integers less one. */
  readonly steps: number;
  /** Real numbers between which values are kept. */
  readonly min: number;
  readonly max: number;
}

/** undefined for a value that stays in float, or whose scale is computed. */
export function outputQuantizer(editor: GraphEditor, value: string): OutputQuantizer | undefined {
  const maker = editor.producer(value);
  if (maker === undefined || !isDequantize(maker)) return undefined;
  const quantizer = editor.producer(maker.inputs[0]!);
  const [scale, zero] = [1, 2].map((i) => editor.constant(maker.inputs[i] ?? ''));
  if (quantizer === undefined || !isQuantize(quantizer) || scale?.data.length !== 1) return undefined;
  const step = toNumbers(scale)[0]!;
  const { min: least, max: most } = dtypes[zero?.dtype ?? 'uint8'];
  const point = zero === undefined ? 0 : toNumbers(zero)[0]!;
  const full = { min: (least - point) * step, max: (most - point) * step };
  // Fewer bits are the integers between the bounds of a Clip.
  const clip = editor.producer(quantizer.inputs[0]!);
  const bound = (i: number, otherwise: number): number => {
    const constant = clip?.op === 'Clip' ? editor.constant(clip.inputs[i] ?? '') : undefined;
    return constant?.data.length === 1 ? toNumbers(constant)[0]! : otherwise;
  };
  const [min, max] = [Math.max(full.min, bound(1, full.min)), Math.min(full.max, bound(2, full.max))];
  const steps = Math.round((max - min) / step);
  return { bits: Math.ceil(Math.log2(steps + 1)), scale: step, steps, min, max };
}

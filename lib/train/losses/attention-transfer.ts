// Attention transfer (Zagoruyko and Komodakis 2017, arXiv:1612.03928, equation 2 with p = 2): where the student looks shall be
// where the teacher looks. A map of attention is the sum of squares over channels, of length 1; the loss is the mean squared
// difference of the maps, as in the authors' code.
import { f32, i64, type TensorValue } from '../../tensor/tensor.js';
import type { Loss } from '../training.js';
import { requireRank } from './shape.js';

/** Below this a map counts as dark. */
const epsilon = 1e-12;

/** `guided`: a value [B,C,H,W] of the student. `target`: input with the teacher's map, [B,H*W]. */
export const attentionTransfer = (guided: string, target: string): Loss => ({
  name: 'attention-transfer',
  build(ctx) {
    const student = ctx.value(guided);
    requireRank(student, 4, 'attention transfer');
    const [batch, , height, width] = student.dims as [number, number, number, number];
    const teacher = ctx.target(target, { dtype: 'float32', dims: [batch, height * width] });
    const add = (op: string, ...inputs: string[]): string => ctx.add(op, inputs)[0]!;
    const sum = (value: string): string =>
      ctx.add('ReduceSum', [value, ctx.constant('axes', i64([1]))], {
        keepdims: { type: 'int', value: 1 },
      })[0]!;
    const energy = sum(add('Mul', student.name, student.name));
    const map = add('Reshape', energy, ctx.constant('shape', i64([batch, height * width])));
    const squares = sum(add('Mul', map, map));
    const length = add('Sqrt', add('Add', squares, ctx.constant('number', f32([], [epsilon]))));
    const difference = add('Sub', add('Div', map, length), teacher);
    return ctx.add('ReduceMean', [add('Mul', difference, difference)], {
      keepdims: { type: 'int', value: 0 },
    })[0]!;
  },
});

/** The map of attention of a value [B,C,H,W], as the teacher's side needs it: [B,H*W]. */
export function attentionMap({ dims, data }: TensorValue): TensorValue {
  const [batch, channels, height, width] = dims as [number, number, number, number];
  const area = height * width;
  const values = data as Float32Array;
  const maps = new Float32Array(batch * area);
  for (let b = 0; b < batch; b++) {
    const map = maps.subarray(b * area, (b + 1) * area);
    for (let c = 0; c < channels; c++)
      for (let i = 0, at = (b * channels + c) * area; i < area; i++, at++) map[i]! += values[at]! ** 2;
    const length = Math.sqrt(map.reduce((sum, v) => sum + v * v, epsilon));
    for (let i = 0; i < area; i++) map[i]! /= length;
  }
  return f32([batch, area], maps);
}

// Operators whose gradient is that of another function, for test/run/differentiate.test.ts.
import type { Attribute } from '../../lib/graph/graph.js';
import type { GraphWriter } from '../../lib/graph/writer.js';
import { emit, scalar } from '../../lib/ops/gradients/emit.js';
import { f32 } from '../../lib/tensor/tensor.js';
import type { GradientCase } from './gradient-case.js';

const number = (writer: GraphWriter, value: number): string => scalar(writer, 'float64', value);

const limited = (writer: GraphWriter, x: string, width: number): string =>
  emit(writer, 'Clip', [x, number(writer, -width), number(writer, width)]);

const clip =
  (width: number): GradientCase['surrogate'] =>
  (writer, [x]) =>
    limited(writer, x!, width);

/** 2x + x^2 below 0, 2x - x^2 above, ends beyond 1. */
const approxSign: GradientCase['surrogate'] = (writer, [x]) => {
  const c = limited(writer, x!, 1);
  const bent = emit(writer, 'Mul', [c, emit(writer, 'Abs', [c])]);
  return emit(writer, 'Sub', [emit(writer, 'Add', [c, c]), bent]);
};

/** 2 s (1 + b x (1 - s)) - 1, s = sigmoid(b x). */
const swishSign =
  (beta: number): GradientCase['surrogate'] =>
  (writer, [x]) => {
    const u = emit(writer, 'Mul', [x!, number(writer, beta)]);
    const s = emit(writer, 'Sigmoid', [u]);
    const rest = emit(writer, 'Sub', [number(writer, 1), s]);
    const inner = emit(writer, 'Add', [number(writer, 1), emit(writer, 'Mul', [u, rest])]);
    const twice = emit(writer, 'Mul', [number(writer, 2), emit(writer, 'Mul', [s, inner])]);
    return emit(writer, 'Sub', [twice, number(writer, 1)]);
  };

const binarize = (
  estimate: string,
  alpha: number,
  surrogate: GradientCase['surrogate'],
  range: readonly [number, number],
): GradientCase => {
  const attributes: Record<string, Attribute> = {
    estimate: { type: 'string', value: estimate },
    alpha: { type: 'float', value: alpha },
  };
  const name = `Binarize by ${estimate} ${alpha}`;
  return {
    name,
    op: 'Binarize',
    domain: 'ai.kompakt',
    attributes,
    inputs: [[5, 7]],
    range,
    away: 0.02,
    grid: 0.5,
    ...(surrogate && { surrogate }),
  };
};

export const surrogateCases: readonly GradientCase[] = [
  binarize('clip', 1, clip(1), [-2, 2]),
  binarize('clip', 0.5, clip(0.5), [-2, 2]),
  binarize('approx', 1, approxSign, [-2, 2]),
  binarize('swish', 5, swishSign(5), [-3, 3]),
  {
    name: 'StraightThrough',
    op: 'StraightThrough',
    domain: 'ai.kompakt',
    inputs: [f32([2, 3], [1, -1, 1, 1, -1, 1]), [2, 3]],
    surrogate: (writer, inputs) => emit(writer, 'Identity', [inputs[1]!]),
  },
];

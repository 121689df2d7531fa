// Soft targets (Hinton et al. 2015, arXiv:1503.02531, section 2): the student's probabilities at temperature T shall be the
// teacher's. T^2 KL(teacher || student), averaged over the batch; T^2 keeps the size of gradients when T changes.
// Of models with one score the probabilities are those of yes and no (one-score.ts).
import type { Attribute } from '../../graph/graph.js';
import { emit, multiply, negate } from '../../ops/gradients/emit.js';
import { f32, i64 } from '../../tensor/tensor.js';
import type { Loss, LossContext, TrainingValue } from '../training.js';
import { isOneScore, scoresOf, yesOrNo } from './one-score.js';
import { requireRank } from './shape.js';

/** `target`: input with the teacher's probabilities at the same temperature, [B,classes]; of yes, [B,1], for one score. */
export const softTargets = (temperature: number, target: string): Loss => ({
  name: 'soft-targets',
  build(ctx) {
    const prediction = ctx.prediction(0);
    requireRank(prediction, 2, 'soft targets');
    if (isOneScore(prediction)) return ofOne(ctx, prediction, temperature, target);
    const logits = ctx.before(prediction, 'Softmax', 1);
    const probabilities = ctx.target(target, { dtype: 'float32', dims: logits.dims });
    const number = (value: number): string => ctx.constant('number', f32([], [value]));
    const add = (op: string, ...inputs: string[]): string => ctx.add(op, inputs)[0]!;
    const softened = add('Div', logits.name, number(temperature));
    const student = ctx.add('LogSoftmax', [softened], { axis: int(-1) })[0]!;
    const teacher = add('Log', add('Max', probabilities, number(least)));
    const terms = add('Mul', probabilities, add('Sub', teacher, student));
    const axes = ctx.constant('axes', i64([1]));
    const rows = ctx.add('ReduceSum', [terms, axes], { keepdims: int(0) })[0]!;
    const mean = ctx.add('ReduceMean', [rows], { keepdims: int(0) })[0]!;
    return add('Mul', mean, number(temperature ** 2));
  },
});

/** Probabilities of 0 add nothing; the limit keeps their logarithm finite. */
const least = 1e-12;

/** Cross-entropy of yes and no less the entropy of the targets. */
function ofOne(ctx: LossContext, prediction: TrainingValue, temperature: number, target: string): string {
  const number = (value: number): string => ctx.constant('number', f32([], [value]));
  const scores = scoresOf(ctx, prediction);
  const yes = ctx.target(target, { dtype: 'float32', dims: scores.dims });
  const no = emit(ctx, 'Sub', [number(1), yes]);
  const cross = yesOrNo(ctx, emit(ctx, 'Div', [scores.name, number(temperature)]), yes);
  const terms = [yes, no].map((share) =>
    multiply(ctx, share, emit(ctx, 'Log', [emit(ctx, 'Max', [share, number(least)])])),
  );
  const entropy = negate(ctx, emit(ctx, 'ReduceMean', [emit(ctx, 'Add', terms)], { keepdims: int(0) }));
  return multiply(ctx, emit(ctx, 'Sub', [cross, entropy]), number(temperature ** 2));
}

const int = (value: number): Attribute => ({ type: 'int', value });

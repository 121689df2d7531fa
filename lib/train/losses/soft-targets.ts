// Soft targets (Hinton et al. 2015, arXiv:1503.02531, section 2): the student's probabilities at temperature T shall be the
// teacher's. T^2 KL(teacher || student), averaged over the batch; T^2 keeps the size of gradients when T changes.
import type { Attribute } from '../../graph/graph.js';
import { f32, i64 } from '../../tensor/tensor.js';
import type { Loss } from '../training.js';
import { requireRank } from './shape.js';

/** `target`: input with the teacher's probabilities at the same temperature, [B,classes]. */
export const softTargets = (temperature: number, target: string): Loss => ({
  name: 'soft-targets',
  build(ctx) {
    const logits = ctx.before(ctx.prediction(0), 'Softmax');
    requireRank(logits, 2, 'soft targets');
    const probabilities = ctx.target(target, { dtype: 'float32', dims: logits.dims });
    const number = (value: number): string => ctx.constant('number', f32([], [value]));
    const add = (op: string, ...inputs: string[]): string => ctx.add(op, inputs)[0]!;
    const softened = add('Div', logits.name, number(temperature));
    const student = ctx.add('LogSoftmax', [softened], { axis: int(-1) })[0]!;
    // Probabilities of 0 add nothing; the limit keeps their logarithm finite.
    const teacher = add('Log', add('Max', probabilities, number(1e-12)));
    const terms = add('Mul', probabilities, add('Sub', teacher, student));
    const axes = ctx.constant('axes', i64([1]));
    const rows = ctx.add('ReduceSum', [terms, axes], { keepdims: int(0) })[0]!;
    const mean = ctx.add('ReduceMean', [rows], { keepdims: int(0) })[0]!;
    return add('Mul', mean, number(temperature ** 2));
  },
});

const int = (value: number): Attribute => ({ type: 'int', value });

// Hints (FitNets: Romero et al. 2015, arXiv:1412.6550, equation 3): an inner value of the student, after a regressor where the
// numbers of channels differ, shall be an inner value of the teacher. Mean squared difference.
import type { Loss } from '../training.js';

/** `guided`: the value of the student (or its regressor). `target`: input with the teacher's value, of the same shape. */
export const hint = (guided: string, target: string): Loss => ({
  name: 'hint',
  build(ctx) {
    const student = ctx.value(guided);
    const teacher = ctx.target(target, { dtype: 'float32', dims: student.dims });
    const difference = ctx.add('Sub', [student.name, teacher])[0]!;
    const square = ctx.add('Mul', [difference, difference])[0]!;
    return ctx.add('ReduceMean', [square], { keepdims: { type: 'int', value: 0 } })[0]!;
  },
});

// Distillation for users: that of lib/train, of a student in float32, with the roundings of quantisation in it, or while it is
// pruned.
import type { Model } from '../model/model.js';
import { requireTeachers } from '../model/require-model.js';
import { requireSamples } from '../session/samples.js';
import { distill as distillFloat, type DistillOptions as FloatOptions } from '../train/distill.js';
import { type CompressedModel, type CompressedTraining, prepareFor, withSparsity } from './prepare-for.js';

export interface DistillOptions extends Omit<FloatOptions, 'teacher'>, CompressedTraining {
  /** One or several models of the same classes; 'self': the student as it is before training, also before it is quantised or
   *  pruned, which is the default with `quantize` and `prune`. */
  readonly teacher?: FloatOptions['teacher'];
}

/** Trains `student` on samples and on what `teacher` answers to them. */
export async function distill(
  student: Model,
  { quantize, prune, ...options }: DistillOptions,
): Promise<CompressedModel> {
  const compressed = quantize !== undefined || prune !== undefined;
  const { teacher = compressed ? 'self' : [] } = options;
  requireSamples(options.data, 'data', 'distill');
  requireTeachers(teacher, 'distill');
  const prepared = prepareFor('distill', { quantize, prune }, options);
  return withSparsity(await distillFloat(student, { ...options, teacher, ...prepared }), prune);
}

// Distillation for users: that of lib/train, of a student in float32 or with the roundings of quantisation in it.
import type { Model } from '../model/model.js';
import { distill as distillFloat, type DistillOptions as FloatOptions } from '../train/distill.js';
import type { TrainedModel } from '../train/train-model.js';
import type { QatOptions } from './qat/options.js';
import { prepareFor } from './qat/prepare-for.js';

export interface DistillOptions extends Omit<FloatOptions, 'teacher'> {
  /** One or several models of the same classes; 'self': the student as it is before training, also before it is quantised,
   *  which is the default with `quantize`. */
  readonly teacher?: FloatOptions['teacher'];
  /** Trains a quantised student: as for finetune. */
  readonly quantize?: QatOptions;
}

/** Trains `student` on samples and on what `teacher` answers to them. */
export const distill = async (
  student: Model,
  { quantize, teacher = quantize === undefined ? [] : 'self', ...options }: DistillOptions,
): Promise<TrainedModel> =>
  distillFloat(student, { ...options, teacher, ...prepareFor('distill', quantize, options) });

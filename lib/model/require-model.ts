// Whether a program without types has given a model at all.
import { requireArgument } from '../errors.js';
import type { Model } from './model.js';

/** The model. Throws KPT_OPTION_INVALID for anything else. */
export function requireModel(model: Model, where: string): Model {
  const right = Array.isArray((model as Partial<Model> | null | undefined)?.graph?.nodes);
  requireArgument(right, 'a Model, as Model.load() gives one,', where, model);
  return model;
}

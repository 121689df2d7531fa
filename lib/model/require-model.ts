// Whether a program without types has given a model at all.
import { requireArgument } from '../errors.js';
import type { Model } from './model.js';

/** The model. Throws KPT_OPTION_INVALID for anything else. */
export function requireModel(model: Model, where: string): Model {
  const right = Array.isArray((model as Partial<Model> | null | undefined)?.graph?.nodes);
  // A path is what is given most often in its place.
  const how = typeof model === 'string' ? 'await Model.load(path)' : 'Model.load()';
  requireArgument(right, `a Model, as ${how} gives one,`, where, model);
  return model;
}

/** Throws as requireModel for teachers that are no models, of `method`; there may be none. */
export function requireTeachers(
  teacher: Model | readonly Model[] | 'self' | undefined,
  method: string,
): void {
  const teachers = teacher === undefined || teacher === 'self' ? [] : [teacher].flat();
  for (const one of teachers) requireModel(one, `option teacher of ${method}`);
}

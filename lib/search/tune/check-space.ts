// Whether a space and a teacher fit a method, before the first trial: every parameter at its ends, or at each of its choices, beside
// the options that are fixed.
import { KompaktError } from '../../errors.js';
import { requireTeachers } from '../../model/require-model.js';
import { type Options, withValues } from './apply.js';
import type { Assignment, TunedMethod } from './method.js';
import { parseSpace, type SpaceInput } from './parse-space.js';
import { type Parameter, type Space, type Values, valueAt } from './space.js';

/** The space that is searched: the one given, or of the method's own what fits the fixed options. Throws KPT_OPTION_INVALID
 *  naming the paths that the method does not take. */
export function spaceFor(method: TunedMethod, given: SpaceInput | undefined, fixed: Options): Space {
  requireFixed(method, fixed);
  const named = withNames(method, fixed);
  if (given === undefined) {
    const free = parseSpace(method.space).filter(
      (parameter) =>
        optionAt(fixed, parameter.path) === undefined && problem(method, named, parameter) === '',
    );
    if (free.length > 0) return free;
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Nothing is left to tune: the options given fix all that is tuned for ${method.name} by default. Give a space.`,
    );
  }
  const space = parseSpace(given);
  const problems = space.map((parameter) => problem(method, named, parameter)).filter((text) => text !== '');
  if (problems.length > 0)
    throw new KompaktError('KPT_OPTION_INVALID', `Space of tune: ${problems.join('; ')}.`, { problems });
  return space;
}

/** The fixed options with the names of the pieces that are used where none is given, "sgd" and the like: options of a piece
 *  can then be tuned, as in 'loss.smoothing'. */
export function withNames({ schema }: TunedMethod, fixed: Options): Options {
  const complete = schema.parse(fixed) as Readonly<Record<string, { readonly name?: unknown } | undefined>>;
  const names = Object.entries(complete)
    .filter(([key, value]) => fixed[key] === undefined && typeof value?.name === 'string')
    .map(([key, value]) => [key, value!.name]);
  return { ...fixed, ...Object.fromEntries(names) };
}

/** Throws KPT_OPTION_INVALID. */
export function checkTeacher({ name, takesTeacher }: TunedMethod, teacher: Assignment['teacher']): void {
  if (teacher !== undefined && !takesTeacher)
    throw new KompaktError('KPT_OPTION_INVALID', `Method ${name} of tune takes no teacher.`);
  requireTeachers(teacher, 'tune');
}

function requireFixed(method: TunedMethod, fixed: Options): void {
  const taken = Object.keys(fixed).filter((name) => method.reserved.includes(name));
  const text = taken.length > 0 ? `${taken.join(', ')}: decided by the search` : complaint(method, fixed);
  if (text !== '') throw new KompaktError('KPT_OPTION_INVALID', `Options of ${method.name}: ${text}.`);
}

/** What is wrong with a parameter; '' for nothing. */
function problem(method: TunedMethod, fixed: Options, parameter: Parameter): string {
  const { path, when } = parameter;
  if (method.reserved.includes(path.split('.')[0]!)) return `${path}: decided by the search`;
  const tried = parameter.kind === 'choice' ? parameter.choices : [0, 1].map((at) => valueAt(parameter, at));
  for (const value of tried) {
    const text = complaint(method, withValues(fixed, { ...when, [path]: value } as Values));
    if (text !== '') return `'${path}' = ${JSON.stringify(value)}: ${text}`;
  }
  return '';
}

function complaint({ schema }: TunedMethod, options: Options): string {
  const parsed = schema.safeParse(options);
  if (parsed.success) return '';
  return parsed.error.issues
    .map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`))
    .join('; ');
}

const optionAt = (options: Options, path: string): unknown =>
  path.split('.').reduce<unknown>((inner, name) => (inner as Options | undefined)?.[name], options);

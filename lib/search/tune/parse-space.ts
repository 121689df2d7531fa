// A space as users write it, checked.
import { z } from 'zod';
import { expected, KompaktError } from '../../errors.js';
import { parseOptions } from '../../session/parse-options.js';
import { type Json, type Parameter, placeIn, type Space } from './space.js';

const condition = z.record(z.string(), z.json()).refine((when) => Object.keys(when).length > 0, {
  message: 'expected the path of an option and its value',
});

const range = z
  .strictObject({
    min: z.number(),
    max: z.number(),
    /** 'log': every factor is as likely as any other of its size. */
    scale: z.enum(['linear', 'log']).default('linear'),
    /** Only min, min + step, min + 2 step and so on: 1 for whole numbers. */
    step: z.number().positive().optional(),
    when: condition.optional(),
  })
  .refine(({ min, max }) => min < max, { message: 'min is not below max' })
  .refine(({ min, scale }) => scale === 'linear' || min > 0, {
    message: 'min of a logarithmic scale is above 0',
  })
  .refine(({ min, max, step }) => step === undefined || step <= max - min, {
    message: 'step leaves only one value',
  });

const choices = z.strictObject({
  choices: z
    .array(z.json())
    .min(1)
    .refine((list) => new Set(list.map((value) => JSON.stringify(value))).size === list.length, {
      message: 'a choice is there twice',
    }),
  when: condition.optional(),
});

/** A range {min,max,scale,step}, choices [a,b,...], or {choices,when}; `when` says for which values of other parameters,
 *  all of them choices, the option is tuned at all. */
export type ParameterInput = z.input<typeof range> | z.input<typeof choices> | readonly Json[];
/** By path of an option, as in "learningRate" or "regularize.l2". */
export type SpaceInput = Readonly<Record<string, ParameterInput>>;

/** Throws KPT_OPTION_INVALID naming the parameter at fault. */
export function parseSpace(input: SpaceInput): Space {
  const parameters = Object.entries(input).map(([path, given]) => parameterOf(path, given));
  if (parameters.length === 0)
    throw new KompaktError('KPT_OPTION_INVALID', 'The space of tune has no parameter.');
  for (const { path, when } of parameters)
    for (const [other, value] of Object.entries(when)) {
      const asked = parameters.find((parameter) => parameter.path === other);
      if (asked?.kind !== 'choice' || Object.keys(asked.when).length > 0 || !includes(asked.choices, value))
        throw new KompaktError(
          'KPT_OPTION_INVALID',
          expected(
            'a parameter of choices without a condition, and one of its choices',
            `'when' of '${path}' in the space of tune`,
            `${other}=${JSON.stringify(value)}`,
          ),
        );
    }
  const isConditional = ({ when }: Parameter): number => Number(Object.keys(when).length > 0);
  return parameters.toSorted((a, b) => isConditional(a) - isConditional(b));
}

function parameterOf(path: string, given: ParameterInput): Parameter {
  const of = `space of tune, '${path}'`;
  const asChoice = Array.isArray(given)
    ? { choices: given }
    : typeof given === 'object' && given !== null && 'choices' in given
      ? given
      : undefined;
  if (asChoice !== undefined) {
    const { when = {}, ...rest } = parseOptions(choices, asChoice, of);
    return { kind: 'choice', path, when, ...rest };
  }
  const { when = {}, step, ...rest } = parseOptions(range, given, of);
  return { kind: 'range', path, when, step, ...rest };
}

const includes = (list: readonly Json[], value: Json): boolean => placeIn(list, value) >= 0;

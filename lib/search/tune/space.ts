// What may be tried, as data: for the path of each option a range of numbers or a list of choices. A value has a place in
// [0,1], on a logarithmic range that of its logarithm, so that whoever proposes values needs to know nothing of scales.

/** A value of the space: what JSON has. */
export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

interface Common {
  readonly path: string;
  readonly when: Readonly<Record<string, Json>>;
}
export interface Range extends Common {
  readonly kind: 'range';
  readonly min: number;
  readonly max: number;
  readonly scale: 'linear' | 'log';
  readonly step: number | undefined;
}
export interface Choice extends Common {
  readonly kind: 'choice';
  readonly choices: readonly Json[];
}
export type Parameter = Range | Choice;
/** Parameters on which others depend come first. */
export type Space = readonly Parameter[];

/** What a trial tries: a value for the path of each parameter whose condition holds. */
export type Values = Readonly<Record<string, Json>>;

/** Whether a parameter plays a part beside these values. */
export const isActive = ({ when }: Parameter, values: Values): boolean =>
  Object.entries(when).every(([path, value]) => JSON.stringify(values[path]) === JSON.stringify(value));

/** A value for each parameter that plays a part, at the place of [0,1) that `place` gives. */
export function valuesAt(space: Space, place: (parameter: Parameter) => number): Values {
  const values: Record<string, Json> = {};
  for (const parameter of space)
    if (isActive(parameter, values)) values[parameter.path] = valueAt(parameter, place(parameter));
  return values;
}

/** The value at a place of [0,1]. */
export function valueAt(parameter: Parameter, place: number): Json {
  if (parameter.kind === 'choice') {
    const { choices } = parameter;
    return choices[Math.min(choices.length - 1, Math.floor(place * choices.length))]!;
  }
  const { min, step } = parameter;
  const [low, high] = edges(parameter);
  const value = unscaled(parameter, low + (high - low) * place);
  // Four digits: people read options, and further ones make no difference.
  if (step === undefined) return Math.min(parameter.max, Math.max(min, Number(value.toPrecision(4))));
  const index = Math.min(stepsOf(parameter), Math.max(0, Math.round((value - min) / step)));
  // The decimals that a user would write, not those of binary sums.
  return Number((min + index * step).toPrecision(12));
}

/** The place of a value: of one among several choices the middle of its share. */
export function placeOf(parameter: Parameter, value: Json): number {
  if (parameter.kind === 'choice')
    return (placeIn(parameter.choices, value) + 0.5) / parameter.choices.length;
  const [low, high] = edges(parameter);
  return Math.min(1, Math.max(0, (scaled(parameter, value as number) - low) / (high - low)));
}

/** Where a value is in a list of choices; -1 for nowhere. */
export const placeIn = (choices: readonly Json[], value: Json): number =>
  choices.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));

/** How many values a parameter has. */
export function countOf(parameter: Parameter): number {
  if (parameter.kind === 'choice') return parameter.choices.length;
  return parameter.step === undefined ? Number.POSITIVE_INFINITY : stepsOf(parameter) + 1;
}

const stepsOf = ({ min, max, step }: Range): number => Math.floor((max - min) / step! + 1e-9);

/** Ends of a range on its scale; with steps half a step further out, so that both ends are as likely as what is between. */
function edges(parameter: Range): readonly [low: number, high: number] {
  const { min, max, step = 0, scale } = parameter;
  const last = step === 0 ? max : min + stepsOf(parameter) * step;
  // Half a step below 1 or 0.1 may be nothing, of which there is no logarithm.
  const first = scale === 'log' ? Math.max(min / 2, min - step / 2) : min - step / 2;
  return [scaled(parameter, first), scaled(parameter, last + step / 2)];
}

const scaled = ({ scale }: Range, value: number): number => (scale === 'log' ? Math.log(value) : value);
const unscaled = ({ scale }: Range, value: number): number => (scale === 'log' ? Math.exp(value) : value);

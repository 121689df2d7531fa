// The equation of an Einsum: "ij,jk->ik", with an ellipsis for axes that broadcast.
import { expected, KompaktError } from '../../errors.js';
import { type InferContext, stringAttr } from '../op.js';

export interface Equation {
  /** Names of the axes of every input and of the output; axes under an ellipsis are numbered from the right. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
  readonly size: ReadonlyMap<string, number>;
}

export function equationOf(ctx: InferContext): Equation {
  const text = stringAttr(ctx.node, 'equation').replaceAll(' ', '');
  const [left, right] = text.split('->') as [string, string | undefined];
  const terms = left.split(',');
  const ok = /^([A-Za-z]*(\.\.\.)?[A-Za-z]*,?)+(->[A-Za-z]*(\.\.\.)?[A-Za-z]*)?$/.test(text);
  if (!ok || terms.length !== ctx.inputs.length)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      expected(`an equation of ${ctx.inputs.length} terms`, ctx.where, text),
    );
  const size = new Map<string, number>();
  const inputs = terms.map((term, i) => {
    const { dims } = ctx.inputs[i]!;
    const axes = axesOf(term, dims.length - term.replace('...', '').length, ctx.where);
    axes.forEach((name, axis) => {
      note(size, name, dims[axis]!, ctx.where);
    });
    return axes;
  });
  const hidden = Math.max(0, ...inputs.map((axes) => axes.filter((a) => a.length > 1).length));
  const output = right === undefined ? implied(left, hidden) : axesOf(right, hidden, ctx.where);
  if (!output.every((name) => size.has(name)))
    throw new KompaktError('KPT_ATTRIBUTE_INVALID', expected('an output of axes of inputs', ctx.where, text));
  return { inputs, output, size };
}

/** Letters of a term; an ellipsis stands for `hidden` axes. */
function axesOf(term: string, hidden: number, where: string): string[] {
  const [before, after] = term.split('...') as [string, string | undefined];
  if (hidden < 0 || (after === undefined && hidden > 0 && term.length > 0 && !term.includes('...')))
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`a term of the input's rank`, where, term));
  return after === undefined ? [...before] : [...before, ...ellipsis(hidden), ...after];
}

const ellipsis = (hidden: number): string[] => Array.from({ length: hidden }, (_, i) => `...${hidden - i}`);

/** Without "->" the output has the ellipsis and then, sorted, the letters that occur once. */
function implied(left: string, hidden: number): string[] {
  const letters = [...left.replaceAll('...', '').replaceAll(',', '')];
  const once = letters.filter((l) => letters.indexOf(l) === letters.lastIndexOf(l)).sort();
  return [...ellipsis(hidden), ...once];
}

function note(size: Map<string, number>, name: string, dim: number, where: string): void {
  const known = size.get(name) ?? 1;
  if (known !== 1 && dim !== 1 && known !== dim)
    throw new KompaktError('KPT_SHAPE_MISMATCH', expected(`axis ${name} of size ${known}`, where, dim));
  size.set(name, known === 1 ? dim : known);
}

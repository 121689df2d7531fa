// Sum of products over named axes: "ij,jk->ik", with an ellipsis for broadcast axes.
import { expected, KompaktError } from '../errors.js';
import { dtypes } from '../tensor/dtype.js';
import { type Dims, sizeOf, stridesOf } from '../tensor/shape.js';
import {
  defineOp,
  type InferContext,
  inputValue,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
  stringAttr,
} from './op.js';
import { alikeInputs, elementsOf, fromElements, numberTypes, stridedOffsets } from './shared/elements.js';
import { knownContext } from './shared/known-context.js';

export const einsum = defineOp({
  op: 'Einsum',
  domain: '',
  since: 12,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, 1],
  attributes: { equation: { type: 'string' } },
  infer: (ctx) => {
    const { dtype } = alikeInputs(ctx, numberTypes)[0]!;
    const { output, size } = parse(ctx);
    return [{ dtype, dims: output.map((name) => size.get(name)!) }];
  },
  reference,
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => ({ macs: sizeOf([...parse(ctx).size.values()]) * (ctx.inputs.length - 1), weightBytes: 0 }),
  quantize: staysFloat('it has no integer form; MatMul has'),
  lower: 'host',
});

interface Equation {
  /** Names of the axes of every input and of the output; axes under an ellipsis are numbered from the right. */
  readonly inputs: readonly (readonly string[])[];
  readonly output: readonly string[];
  readonly size: ReadonlyMap<string, number>;
}

function parse(ctx: InferContext): Equation {
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
  return {
    inputs,
    output: right === undefined ? implied(left, hidden) : axesOf(right, hidden, ctx.where),
    size,
  };
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

function reference(ctx: ReferenceContext) {
  const { inputs, output, size } = parse(knownContext(ctx));
  const summed = [...size.keys()].filter((name) => !output.includes(name));
  const dimsOf = (names: readonly string[]): Dims => names.map((name) => size.get(name)!);
  const tables = inputs.map((axes, i) => {
    const { dims } = inputValue(ctx, i);
    const stride = (name: string): number =>
      stridesOf(dims).reduce((sum, s, axis) => (axes[axis] === name && dims[axis] !== 1 ? sum + s : sum), 0);
    return {
      values: elementsOf(inputValue(ctx, i)),
      outer: stridedOffsets(dimsOf(output), output.map(stride)),
      inner: stridedOffsets(dimsOf(summed), summed.map(stride)),
    };
  });
  const { dtype } = inputValue(ctx, 0);
  const [outputs, terms] = [sizeOf(dimsOf(output)), sizeOf(dimsOf(summed))];
  const integer = dtypes[dtype].integer;
  const results = Array.from({ length: outputs }, (_, o) => {
    const product = (k: number) => tables.map((t) => t.values[t.outer[o]! + t.inner[k]!]!);
    if (integer) {
      let sum = 0n;
      for (let k = 0; k < terms; k++) sum += product(k).reduce<bigint>((p, v) => p * BigInt(v), 1n);
      return sum;
    }
    let sum = 0;
    for (let k = 0; k < terms; k++) sum += product(k).reduce<number>((p, v) => p * (v as number), 1);
    return sum;
  });
  return [fromElements(dtype, dimsOf(output), results)];
}

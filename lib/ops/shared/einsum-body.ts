// An Einsum as products of matrices, or of elements, of two operands at a time. Axes of size 1 are nothing but dims: without
// them no axis broadcasts.
import { attr } from '../../graph/attribute.js';
import type { Graph } from '../../graph/graph.js';
import { sizeOf } from '../../tensor/shape.js';
import { i64 } from '../../tensor/tensor.js';
import { type InferContext, inputType } from '../op.js';
import { Body } from './body.js';
import { cheapestProduct, type MatrixProduct } from './einsum-plan.js';
import { equationOf } from './equation.js';

/** A value and the names of its axes, all longer than 1. */
export interface Operand {
  readonly name: string;
  readonly axes: readonly string[];
}

export type SizeOf = (axes: readonly string[]) => number;

const repeats = (axes: readonly string[]): boolean => new Set(axes).size < axes.length;

/** Undefined for types other than float32, diagonals, and where there is nothing to multiply. */
export function einsumBody(ctx: InferContext): Graph | undefined {
  const { inputs, output, size } = equationOf(ctx);
  const sizes = [...size.values()];
  if (inputType(ctx, 0).dtype !== 'float32' || sizes.includes(0)) return undefined;
  if ([...inputs, output].some(repeats)) return undefined;
  const einsum = new EinsumBody(ctx, size);
  let operands: readonly Operand[] = inputs.map((axes, i) => einsum.squeezed(i, axes));
  const wanted = output.filter((name) => size.get(name) !== 1);
  while (operands.length > 1) {
    const [i, j] = einsum.nextPair(operands, wanted);
    const rest = operands.filter((_, at) => at !== i && at !== j);
    const kept = new Set([...wanted, ...rest.flatMap(({ axes }) => axes)]);
    const order = rest.length === 0 ? wanted : undefined;
    operands = [...rest, einsum.product(operands[i]!, operands[j]!, kept, order)];
  }
  const whole = einsum.ordered(einsum.summed(operands[0]!, new Set(wanted)), wanted);
  return einsum.finish([
    einsum.reshape(
      whole.name,
      output.map((name) => size.get(name)!),
    ),
  ]);
}

class EinsumBody extends Body {
  constructor(
    ctx: InferContext,
    private readonly size: ReadonlyMap<string, number>,
  ) {
    super(ctx);
  }

  private readonly dims = (axes: readonly string[]): number[] => axes.map((name) => this.size.get(name)!);
  private readonly count: SizeOf = (axes) => sizeOf(this.dims(axes));

  /** Input i without its axes of size 1. */
  squeezed(i: number, names: readonly string[]): Operand {
    const { dims } = inputType(this.ctx, i);
    const axes = names.filter((_, axis) => dims[axis] !== 1);
    const name = this.input(i);
    return { name: axes.length === names.length ? name : this.reshape(name, this.dims(axes)), axes };
  }

  /** The two operands whose product is smallest. */
  nextPair(operands: readonly Operand[], wanted: readonly string[]): readonly [number, number] {
    let best: readonly [number, number] = [0, 1];
    let least = Number.POSITIVE_INFINITY;
    for (let j = 1; j < operands.length; j++)
      for (let i = 0; i < j; i++) {
        const others = operands.filter((_, at) => at !== i && at !== j);
        const kept = new Set([...wanted, ...others.flatMap(({ axes }) => axes)]);
        const made = new Set([...operands[i]!.axes, ...operands[j]!.axes].filter((name) => kept.has(name)));
        const elements = this.count([...made]);
        if (elements < least) [best, least] = [[i, j], elements];
      }
    return best;
  }

  /** The sum over axes that are not kept. */
  summed(x: Operand, kept: ReadonlySet<string>): Operand {
    const gone = x.axes.flatMap((name, axis) => (kept.has(name) ? [] : [axis]));
    if (gone.length === 0) return x;
    const axes = this.graph.constant('axes', i64(gone));
    const name = this.one('ReduceSum', [x.name, axes], { keepdims: attr.int(0) });
    return { name, axes: x.axes.filter((one) => kept.has(one)) };
  }

  ordered(x: Operand, axes: readonly string[]): Operand {
    const perm = axes.map((name) => x.axes.indexOf(name));
    return perm.every((from, to) => from === to) ? x : { name: this.transpose(x.name, perm), axes };
  }

  /** The sum of products over the axes that are not kept; others in the order `wanted`, where there is one. */
  product(a: Operand, b: Operand, kept: ReadonlySet<string>, wanted?: readonly string[]): Operand {
    const left = this.summed(a, new Set([...kept, ...b.axes]));
    const right = this.summed(b, new Set([...kept, ...a.axes]));
    const plan = cheapestProduct(left, right, kept, wanted, this.count);
    const made =
      plan.kind === 'matrices'
        ? this.matrices(plan)
        : this.summed(this.elements(left, right, plan.axes), kept);
    return wanted === undefined ? made : this.ordered(made, wanted);
  }

  /** Element by element, over `axes`. */
  private elements(left: Operand, right: Operand, axes: readonly string[]): Operand {
    const wide = (x: Operand): string => {
      const own = axes.filter((name) => x.axes.includes(name));
      const dims = axes.map((name) => (own.includes(name) ? this.size.get(name)! : 1));
      return this.reshape(this.ordered(x, own).name, dims);
    };
    return { name: this.one('Mul', [wide(left), wide(right)]), axes };
  }

  private matrices({ left, right, batch, m, n, k, transA, transB }: MatrixProduct): Operand {
    const groups = grouped(batch, left, right);
    const matrix = (x: Operand, rows: readonly string[], columns: readonly string[]): string => {
      const own = batch.filter((name) => x.axes.includes(name));
      const dims = groups.map((group) => (x.axes.includes(group[0]!) ? this.count(group) : 1));
      const all = this.ordered(x, [...own, ...rows, ...columns]);
      return this.reshape(all.name, [...dims, this.count(rows), this.count(columns)]);
    };
    const operands = [
      transA ? matrix(left, k, m) : matrix(left, m, k),
      transB ? matrix(right, n, k) : matrix(right, k, n),
    ];
    const attributes = { transA: attr.int(Number(transA)), transB: attr.int(Number(transB)) };
    const y = this.one('FusedMatMul', operands, attributes, 'ai.kompakt');
    const axes = [...batch, ...m, ...n];
    return { name: this.reshape(y, this.dims(axes)), axes };
  }
}

/** Neighbours among the axes of a batch that the same operands have: one dim of a product. */
function grouped(batch: readonly string[], left: Operand, right: Operand): readonly (readonly string[])[] {
  const owners = (name: string) => `${left.axes.includes(name)} ${right.axes.includes(name)}`;
  const groups: string[][] = [];
  for (const name of batch) {
    const last = groups.at(-1);
    if (last !== undefined && owners(last[0]!) === owners(name)) last.push(name);
    else groups.push([name]);
  }
  return groups;
}

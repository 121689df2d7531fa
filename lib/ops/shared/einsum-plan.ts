// How two operands of an Einsum are multiplied: as matrices, with what has to be transposed for it, or element by element.
import type { Operand, SizeOf } from './einsum-body.js';

/** The axes [batch, m, n] of the result; transA: the left operand is [batch, k, m], transB: the right one [batch, n, k]. An axis
 *  of the batch may be one of a single operand. */
export interface MatrixProduct {
  readonly kind: 'matrices';
  readonly left: Operand;
  readonly right: Operand;
  readonly batch: readonly string[];
  readonly m: readonly string[];
  readonly n: readonly string[];
  readonly k: readonly string[];
  readonly transA: boolean;
  readonly transB: boolean;
}

interface ElementProduct {
  readonly kind: 'elements';
  /** Those that are kept, then those that are summed. */
  readonly axes: readonly string[];
}

type Product = MatrixProduct | ElementProduct;

/** Costs in elements read or written. A product is so many multiply-adds cheaper. */
const macsPerElement = 16;
/** Rows and columns that a product computes at once, about. */
const [rowTile, columnTile] = [6, 16];
/** Of beginning one more matrix. */
const perMatrix = 100;

export function cheapestProduct(
  a: Operand,
  b: Operand,
  kept: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
  count: SizeOf,
): Product {
  const moved = (x: Operand, axes: readonly string[]): number =>
    sameOrder(x.axes, axes) ? 0 : 2 * count(x.axes);
  const all = union(a.axes, b.axes);
  const summed = all.filter((name) => !kept.has(name));
  const axes = [...(wanted ?? all.filter((name) => kept.has(name))), ...summed];
  let best: Product = { kind: 'elements', axes };
  if (summed.length === 0) return best;
  let least = 3 * count(axes) + moved(a, axes) + moved(b, axes);
  for (const product of matrixProducts(a, b, kept, wanted)) {
    const { left, right, batch, m, n, k, transA, transB } = product;
    const matrices = count(batch);
    const padded = Math.ceil(count(m) / rowTile) * rowTile * Math.ceil(count(n) / columnTile) * columnTile;
    const result = [...batch, ...m, ...n];
    const cost =
      matrices * ((padded * count(k)) / macsPerElement + perMatrix) +
      moved(left, [...batch, ...(transA ? [...k, ...m] : [...m, ...k])]) +
      moved(right, [...batch, ...(transB ? [...n, ...k] : [...k, ...n])]) +
      // The right operand is packed, a transposed left one turned on the way.
      2 * count(right.axes) +
      (transA ? count(left.axes) : 0) +
      (wanted === undefined || sameOrder(result, wanted) ? 0 : 2 * count(result));
    if (cost < least) [best, least] = [product, cost];
  }
  return best;
}

/** All that may be best: batches and axes in the order of either operand or of the result. */
function* matrixProducts(
  a: Operand,
  b: Operand,
  kept: ReadonlySet<string>,
  wanted: readonly string[] | undefined,
): Generator<MatrixProduct> {
  const shared = a.axes.filter((name) => b.axes.includes(name));
  const both = shared.filter((name) => kept.has(name));
  const inner = shared.filter((name) => !kept.has(name));
  const orders = [a.axes, b.axes, ...(wanted === undefined ? [] : [wanted])];
  const batches = [
    ...orders.map((order) => sortedAs(both, order)),
    ...(wanted ?? [])
      .map((_, i) => wanted!.slice(0, i + 1))
      .filter((prefix) => both.every((name) => prefix.includes(name))),
  ];
  for (const [left, right] of [
    [a, b],
    [b, a],
  ] as const)
    for (const batch of batches) {
      const free = (x: Operand) => x.axes.filter((name) => !shared.includes(name) && !batch.includes(name));
      for (const k of [sortedAs(inner, left.axes), sortedAs(inner, right.axes)])
        for (const order of orders)
          for (const [transA, transB] of [
            [false, false],
            [false, true],
            [true, false],
            [true, true],
          ] as const) {
            const [m, n] = [left, right].map((x) => sortedAs(free(x), order)) as [string[], string[]];
            yield { kind: 'matrices', left, right, batch, m, n, k, transA, transB };
          }
    }
}

const union = (a: readonly string[], b: readonly string[]): string[] => [...new Set([...a, ...b])];

/** `names` in the order that they have in `order`, those first that are not there. */
const sortedAs = (names: readonly string[], order: readonly string[]): string[] =>
  [...names].sort((x, y) => order.indexOf(x) - order.indexOf(y));

/** Whether the axes come in the order in which `order` has them. */
const sameOrder = (axes: readonly string[], order: readonly string[]): boolean =>
  axes.every((name, i) => i === 0 || order.indexOf(axes[i - 1]!) < order.indexOf(name));

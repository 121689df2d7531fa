// The steps of the native engine that move elements as they are, or combine them at places that indices name, in the terms of
// steps.ts. Indices are s64, and s32 where both are named; negative ones count from the end.

/** How a scattered element meets the one in its place. */
export type ScatterReduction = 'none' | 'add' | 'mul' | 'max' | 'min';

export interface MovingStepParams {
  /** Strided copy of elements of any type: for every index i of `dims`,
   *  y[yOffset + sum i*yStrides] = x[xOffset + sum i*xStrides]. Offsets and strides in elements; xStrides may be 0 or
   *  negative. Transpose, Slice, Split, Concat, Expand, Tile and the inside of Pad are this. */
  copy: {
    readonly dims: readonly number[];
    readonly xOffset: number;
    readonly xStrides: readonly number[];
    readonly yOffset: number;
    readonly yStrides: readonly number[];
  };
  /** Fills y (any type) with one value. No inputs. */
  fill: { readonly value: number };
  /** x [outer, axis, inner] any type, indices s64 or s32 (any rank) -> y [outer, indices..., inner]; negative indices
   *  count from the end; what is out of range ends the run. dims = [outer, axis, inner]. */
  gather: { readonly dims: readonly [number, number, number] };
  /** x any type, indices of its rank, y shaped like the indices: each names a place along `axis` of x, and reaches no further
   *  than x along the others. What is out of range ends the run. */
  gather_elements: { readonly axis: number };
  /** x [batch, sizes..., inner] any type, indices [..., length of sizes] -> y [..., inner], batch by batch. What is out of range
   *  ends the run. */
  gather_nd: { readonly sizes: readonly number[]; readonly batch: number; readonly inner: number };
  /** Indices [outer, inner] s64, s32, u8 or f32, values [off, on] any type -> y [outer, depth, inner]: on where the index names
   *  the place along depth, else off. Of floats the whole part counts, of negative ones once depth is added; out of range is
   *  off everywhere. dims = [outer, depth, inner]. */
  one_hot: { readonly dims: readonly [number, number, number] };
  /** x [a, b, inner] any type, lengths s64: the first `length` runs of each sequence come in the opposite order, the others as
   *  they are. timeFirst = 1: a is time and there are b sequences, else the other way round. Lengths out of range
   *  end the run. */
  reverse_sequence: { readonly dims: readonly [number, number, number]; readonly timeFirst: number };
  /** Inputs data any type, indices as of gather_elements, updates shaped like them; y as the data, which it may be in the
   *  place of: at each place op(data, update), update by update in order. What is out of range ends the run. Sums and products
   *  keep their low bits; max and min give the update where a side is NaN. Reductions other than none: f32, s32, s64, u8. */
  scatter_elements: { readonly axis: number; readonly reduction: ScatterReduction };
  /** Inputs data [sizes..., inner], indices [..., length of sizes], updates [..., inner], as scatter_elements. */
  scatter_nd: {
    readonly sizes: readonly number[];
    readonly inner: number;
    readonly reduction: ScatterReduction;
  };
  /** Inputs data [batch, outer, length, inner] any type, starts [batch], update [batch, outer, written, inner]; y as the data,
   *  which it may be in the place of: the update takes the places along the length from the start of its sample. What reaches
   *  beyond the end goes on at 0 (circular = 1), or nothing of the sample is written. Starts below 0 write nothing.
   *  dims = [batch, outer, length, inner]. */
  tensor_scatter: {
    readonly dims: readonly [number, number, number, number];
    readonly written: number;
    readonly circular: number;
  };
  /** x [matrices, rows, columns] any type -> y: elements with column - row >= k (upper = 1) or <= k, the others zero, of which
   *  every byte is `zero`. */
  trilu: {
    readonly dims: readonly [number, number, number];
    readonly k: number;
    readonly upper: number;
    readonly zero: number;
  };
  /** condition u8, x and y of one type, all broadcast -> elements of x where the condition is not 0, else of y. */
  where: Record<string, never>;
}

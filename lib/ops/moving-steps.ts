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
   *  count from the end; out of range reads as clamped. dims = [outer, axis, inner]. */
  gather: { readonly dims: readonly [number, number, number] };
  /** condition u8, x and y of one type, all broadcast -> elements of x where the condition is not 0, else of y. */
  where: Record<string, never>;
}

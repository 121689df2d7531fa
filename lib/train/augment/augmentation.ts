// The contract of an augmentation: a random change of a sample that keeps its meaning. One change, one file, one line in
// augment/index.ts.

/** Changes the values of one sample in place; `dims` are its shape, [C,H,W] for pictures. */
export type Augment = (values: Float32Array, dims: readonly number[], random: () => number) => void;

export interface Augmentation {
  readonly name: string;
  /** What it does, and what its one number means. */
  readonly summary: string;
  /** Largest sensible number; all are above 0. */
  readonly most: number;
  /** Only whole numbers mean something: pixels. */
  readonly whole?: boolean;
  readonly make: (amount: number) => Augment;
}

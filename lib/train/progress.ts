// Where a training run stands between two steps.
import type { TensorValue } from '../tensor/tensor.js';
import type { Caution } from './careful.js';
import type { EpochReport, StepReport } from './events.js';
import type { Reading } from './reading.js';

/** Sums over the epoch under way. */
export interface Running {
  loss: number;
  right: number;
  labelled: number;
  seconds: number;
}

/** Where a run stands: plain data, part of every checkpoint. */
export interface Progress {
  epoch: number;
  /** Batches of the epoch that are done. */
  batch: number;
  running: Running;
  /** Sum of the losses since the last point of the curve, and how many. */
  point: { loss: number; steps: number };
  /** Loss of the first step. */
  began?: number;
  readonly epochs: EpochReport[];
  readonly curve: StepReport[];
  kept: number;
  careful?: Caution;
  stoppedEarly: boolean;
}

export const fresh = (): Running => ({ loss: 0, right: 0, labelled: 0, seconds: 0 });

/** Nothing is done yet. */
export const beginning = (): Progress => ({
  epoch: 0,
  batch: 0,
  running: fresh(),
  point: { loss: 0, steps: 0 },
  epochs: [],
  curve: [],
  kept: 0,
  stoppedEarly: false,
});

/** Counts the rows of [N,scores] that say the label. */
export function count(
  running: Running,
  labels: Float64Array,
  output: TensorValue | undefined,
  answerOf: Reading['answerOf'],
): void {
  if (output?.dims.length !== 2) return;
  const scores = output.dims[1]!;
  const values = output.data as Float32Array;
  labels.forEach((label, row) => {
    if (Number.isNaN(label)) return;
    running.labelled++;
    if (answerOf(values.subarray(row * scores, (row + 1) * scores)) === label) running.right++;
  });
}

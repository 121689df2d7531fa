// Early stopping: ends a run when the evaluation has not bettered for some epochs, and tells which epoch was best.
import type { EpochReport } from './events.js';

export interface EarlyStopping {
  /** Epochs without gain after which the run ends. */
  readonly patience: number;
  /** By how much the share of right answers (or, without labels, the loss) must better to count. */
  readonly gain: number;
}

export interface Verdict {
  /** The best epoch so far, counted from 1. */
  readonly best: number;
  readonly stop: boolean;
}

/** What to do after the last of `epochs`. */
export function judge(epochs: readonly EpochReport[], { patience, gain }: EarlyStopping): Verdict {
  let best = 0;
  epochs.forEach((epoch, i) => {
    if (i > 0 && scoreOf(epoch) > scoreOf(epochs[best]!) + gain) best = i;
  });
  const last = epochs.length - 1;
  return { best: best + 1, stop: last - best >= patience };
}

const scoreOf = ({ evaluation, loss }: EpochReport): number => evaluation ?? -loss;

// What a run tells while it goes on, and what it leaves behind.

/** Mean loss over an epoch, and top-1 where there are labels. */
export interface EpochReport {
  /** Counted from 1. */
  readonly epoch: number;
  readonly loss: number;
  /** Share of the training samples, as they were seen, whose largest output was the label; null without labels. */
  readonly accuracy: number | null;
  /** Of the last step. */
  readonly learningRate: number;
  /** Share of the evaluation samples whose largest output is the label; null without such samples. */
  readonly evaluation: number | null;
  /** Mean of -log p of the label over those samples. */
  readonly evaluationLoss: number | null;
  readonly seconds: number;
}

/** A point of the curves: the mean over the steps since the one before. */
export interface StepReport {
  readonly step: number;
  readonly epoch: number;
  readonly loss: number;
  readonly learningRate: number;
}

export type TrainingEvent =
  | { readonly event: 'start'; readonly samples: number; readonly steps: number; readonly epochs: number }
  | { readonly event: 'resume'; readonly step: number; readonly epoch: number }
  | ({ readonly event: 'step'; readonly steps: number; readonly secondsLeft: number } & StepReport)
  | ({ readonly event: 'epoch' } & EpochReport)
  /** The first steps undid what the network knows: the run begins again with this learning rate (option careful). */
  | { readonly event: 'slower'; readonly learningRate: number; readonly loss: number }
  | { readonly event: 'stop'; readonly epoch: number; readonly reason: string }
  | { readonly event: 'end'; readonly seconds: number };

/** What option careful did. */
export interface CarefulReport {
  /** Samples that were held out of training. */
  readonly heldOut: number;
  /** Share of them of which the model was right before training, and of the model that is kept; null where training also prunes, so
   *  that epochs cannot be compared. */
  readonly before: number | null;
  readonly kept: number | null;
  /** Mean loss of the first steps without learning. */
  readonly loss: number;
  /** The one that was used. */
  readonly learningRate: number;
  /** Those that were too high, with the mean loss that the first steps came to; null where it was no number. */
  readonly lowered: readonly { readonly learningRate: number; readonly loss: number | null }[];
}

export interface TrainingReport {
  readonly samples: number;
  /** Steps taken in all, those before a resumption included. */
  readonly steps: number;
  readonly epochs: readonly EpochReport[];
  readonly curve: readonly StepReport[];
  /** Epoch whose parameters the model has; the last one unless early stopping or option careful went back, which may be to 0, the
   *  model before training. */
  readonly kept: number;
  readonly stoppedEarly: boolean;
  /** With option careful. */
  readonly careful?: CarefulReport;
  /** What to know of it: that the loss went up, say. */
  readonly notes: readonly string[];
}

// What is measured of a candidate, and of the original beside it.
import type { StoredBytes } from '../../model/stored-bytes.js';
import type { Interval } from '../../report/proportions.js';

export interface Accuracy {
  readonly samples: number;
  readonly right: number;
  /** right / samples. Without labels the original is always right. */
  readonly share: number;
  /** In which the share lies with 95 % (Wilson). */
  readonly interval: Interval;
}

/** Accuracy beside that of the original on the same samples. */
export interface Loss extends Accuracy {
  /** Share of the original less this one, in points. Below 0 the candidate is better. */
  readonly drop: number;
  /** Samples on which only the original, or only the candidate, is right. */
  readonly originalOnly: number;
  readonly candidateOnly: number;
  /** Probability of a difference like this between equally good models (McNemar). */
  readonly p: number;
  /** Whether p is below 0.05: otherwise the difference is within the noise. */
  readonly significant: boolean;
}

/** Of one run with one sample, measured in turn with the original. */
export interface Latency {
  /** p50. */
  readonly milliseconds: number;
  readonly originalMilliseconds: number;
  /** Original over candidate: the median over the turns, and its quartiles. */
  readonly speedUp: number;
  readonly low: number;
  readonly high: number;
}

export interface Measures {
  readonly accuracy: Loss;
  readonly latency: Latency;
  readonly bytes: StoredBytes;
}

/** Of the original: the same, without a comparison. */
export interface OriginalMeasures {
  readonly accuracy: Accuracy;
  readonly bytes: StoredBytes;
}

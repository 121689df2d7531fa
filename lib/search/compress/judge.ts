// How right a candidate is beside the original, on the same samples: by labels, or, without them, by how often it answers as
// the original does.
import { KompaktError } from '../../errors.js';
import type { Model } from '../../model/model.js';
import { mcNemarTest, wilsonInterval } from '../../report/proportions.js';
import { answersOf } from '../../train/evaluate.js';
import type { Lessons } from './learning-data.js';
import type { Accuracy, Loss } from './measures.js';

/** Below it a difference is called significant. */
const significance = 0.05;

export class Judge {
  private constructor(
    private readonly samples: Lessons,
    private readonly threads: number,
    /** What counts as right, and whether the original is. */
    private readonly truths: readonly number[],
    private readonly originalRight: readonly boolean[],
  ) {}

  /** `labelled`: the samples have labels; else the answers of the original count as right. Throws as answersOf, and
   *  KPT_OPTION_INVALID where agreement with the original would see nothing. */
  static async of(
    original: Model,
    samples: Lessons,
    {
      labelled,
      threads,
      signal,
    }: { readonly labelled: boolean; readonly threads: number; readonly signal?: AbortSignal },
  ): Promise<Judge> {
    const truths: number[] = [];
    const right: boolean[] = [];
    let scores = 0;
    for await (const { answer, label, values } of answersOf(original, samples, {
      threads,
      ...(signal && { signal }),
    })) {
      const truth = labelled ? label! : answer;
      scores = values.length;
      truths.push(truth);
      right.push(answer === truth);
    }
    // A measured quantity, say, that is always above 0.
    if (!labelled && scores === 1 && new Set(truths).size === 1)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `The model gives one score, which says ${truths[0] === 1 ? 'yes' : 'no'} to each of ${truths.length} samples, so that agreement with it would see no damage: give samples of both kinds, or labels 0 and 1.`,
      );
    return new Judge(samples, threads, truths, right);
  }

  /** Of the original. */
  get original(): Accuracy {
    return accuracyOf(this.originalRight);
  }

  async judge(model: Model, signal?: AbortSignal): Promise<Loss> {
    const right: boolean[] = [];
    for await (const { answer } of answersOf(model, this.samples, {
      threads: this.threads,
      ...(signal && { signal }),
    }))
      right.push(answer === this.truths[right.length]);
    let [originalOnly, candidateOnly] = [0, 0];
    right.forEach((is, i) => {
      const was = this.originalRight[i];
      if (was && !is) originalOnly++;
      if (is && !was) candidateOnly++;
    });
    const accuracy = accuracyOf(right);
    const p = mcNemarTest({ firstOnly: originalOnly, secondOnly: candidateOnly });
    return {
      ...accuracy,
      drop: (100 * (originalOnly - candidateOnly)) / right.length,
      originalOnly,
      candidateOnly,
      p,
      significant: p < significance,
    };
  }
}

function accuracyOf(answers: readonly boolean[]): Accuracy {
  const right = answers.filter(Boolean).length;
  const samples = answers.length;
  return { samples, right, share: right / samples, interval: wilsonInterval(right, samples) };
}

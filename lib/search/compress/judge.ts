// How right a candidate is beside the original, on the same samples: by labels, or, without them, by how often it answers as
// the original does.
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

  /** `labelled`: the samples have labels; else the answers of the original count as right. */
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
    for await (const { answer, label } of answersOf(original, samples, {
      threads,
      ...(signal && { signal }),
    })) {
      const truth = labelled ? label! : answer;
      truths.push(truth);
      right.push(answer === truth);
    }
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

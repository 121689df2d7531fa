// Training that does no harm to a network that knows something already. Samples are held out; the model is judged on them before the
// first step and after each epoch, and the best of these is kept, that before training too. A learning rate at which the first steps
// undo what the network knows is told by their loss, and the run begins again with a tenth of it.
import { setImmediate } from 'node:timers/promises';
import { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type SamplesOf, samplesIn } from '../session/samples.js';
import { timesWorse } from './divergence.js';
import type { LabelledSample } from './evaluate.js';
import type { CarefulReport } from './events.js';
import type { TrainOptions } from './loop.js';
import { randomFor } from './seeds.js';
import type { Lesson } from './train-model.js';

export const carefulOptions = z.strictObject({
  /** Share of the samples that is held out; 500 at most. */
  heldOut: z.number().gt(0).lt(1).default(0.1),
});

export type CompleteCarefulOptions = z.output<typeof carefulOptions>;

/** More tell hardly more, and cost time after each epoch. */
const mostHeldOut = 500;

/** Steps after which the loss is looked at: over their second half. */
const probedSteps = 30;

/** Times the loss without learning. Batches differ by some tenths, and Adam's first steps cost as much; measured on ResNet-8 for raw pixels,
 *  rates that ruin it come to 3 and more, the best ones to 1.6 at most. */
const tooMuch = 2;

/** What a rate is divided by, and the least part that it becomes of the one that was asked for. */
const [divisor, least] = [10, 0.001];

/** Samples that are held out, found when the others are read first. */
export class HeldOut {
  readonly samples: LabelledSample[] = [];
  #complete = false;

  constructor(
    private readonly share: number,
    private readonly seed: number,
  ) {}

  /** Those that are learnt from: the same whenever they are read. */
  rest(data: SamplesOf<Lesson>): AsyncIterable<Lesson> {
    const { share, seed } = this;
    const collect = (sample: Lesson): void => {
      if (!this.#complete) this.samples.push(sample);
    };
    const complete = (): void => {
      this.#complete = true;
    };
    return {
      async *[Symbol.asyncIterator]() {
        const random = randomFor(seed, 'careful');
        let count = 0;
        for await (const sample of samplesIn<Lesson>(data)) {
          if (random() < share && count < mostHeldOut) {
            count++;
            collect(sample);
          } else yield sample;
        }
        complete();
      },
    };
  }

  /** Throws KPT_OPTION_INVALID where there are none. */
  require(): readonly LabelledSample[] {
    if (this.samples.length === 0)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        `Option careful holds out ${this.share} of the samples, which is none of so few: give more samples or a larger share.`,
      );
    return this.samples;
  }
}

/** What a careful run asks for. */
export interface Care {
  readonly samples: number;
  /** Share of the held-out samples of which the model, made of a trained graph, is right; null where models of different epochs
   *  are not to be compared. */
  readonly judge: ((graph: Graph) => Promise<number>) | null;
}

/** Where a careful run stands: plain data, part of every checkpoint. */
export interface Caution {
  /** Share right before training. */
  readonly before: number | null;
  /** Mean loss of the probed steps without learning. */
  readonly plain: number;
  /** Of the learning rate that was asked for. */
  factor: number;
  /** Sum of the losses of the second half of the probe. */
  sum: number;
  readonly lowered: { readonly learningRate: number; readonly loss: number | null }[];
  /** Share right after each epoch. */
  scores: number[];
}

export const probeLength = (perEpoch: number): number => Math.min(probedSteps, perEpoch);

/** Mean loss of the second half of the probed steps. Leaves state behind that is to be restored. */
export async function lossWithoutLearning({
  step,
  batches,
  provide,
}: Pick<TrainOptions, 'step' | 'batches' | 'provide'>): Promise<number> {
  const length = probeLength(batches.perEpoch);
  let [sum, number] = [0, 0];
  for await (const batch of batches.epoch(0)) {
    await provide?.(batch);
    const { loss } = step.run(batch.inputs, { learningRate: 0, progress: 0 });
    sum = addProbed(sum, loss, ++number, length);
    await setImmediate();
    if (number === length) break;
  }
  return meanProbed(sum, length);
}

/** Adds the loss of step `number` of `length`, counted from 1, to the sum of the second half. */
const addProbed = (sum: number, loss: number, number: number, length: number): number =>
  number > length >> 1 ? sum + loss : sum;

const meanProbed = (sum: number, length: number): number => sum / (length - (length >> 1));

/** After step `number` of an attempt: the loss that says that its rate is too high, if there is such a one and a lower rate. */
export function ruinousLoss(
  caution: Caution,
  loss: number,
  number: number,
  length: number,
): number | undefined {
  if (caution.factor / divisor < least) return undefined;
  if (!Number.isFinite(loss)) return loss;
  if (number > length) return undefined;
  caution.sum = addProbed(caution.sum, loss, number, length);
  const mean = meanProbed(caution.sum, length);
  return number === length && timesWorse(caution.plain, mean) > tooMuch ? mean : undefined;
}

/** The attempt is over: the next one learns slower. */
export function slowDown(caution: Caution, learningRate: number, loss: number): void {
  const finite = Number.isFinite(loss) ? loss : null;
  caution.lowered.push({ learningRate: learningRate * caution.factor, loss: finite });
  caution.factor /= divisor;
  caution.sum = 0;
  caution.scores = [];
}

/** Whether the last epoch is the best so far; of equals the later. */
export const isBest = ({ before, scores }: Caution): boolean =>
  scores.at(-1)! >= Math.max(before!, ...scores);

/** `kept`: the epoch whose parameters the model has; 0 for none. */
export function carefulReport(
  { before, plain, factor, lowered, scores }: Caution,
  samples: number,
  learningRate: number,
  kept: number,
): CarefulReport {
  return {
    heldOut: samples,
    before,
    kept: before === null ? null : kept === 0 ? before : scores[kept - 1]!,
    loss: plain,
    learningRate: learningRate * factor,
    lowered,
  };
}

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;

/** What there is to say of it. */
export function carefulNotes(report: CarefulReport, kept: number): readonly string[] {
  const { heldOut, before, kept: after, loss, learningRate, lowered } = report;
  const notes: string[] = [];
  if (lowered.length > 0) {
    const losses = lowered
      .map(
        ({ learningRate: rate, loss: risen }) =>
          `${risen === null ? 'no number' : risen.toPrecision(3)} with ${+rate.toPrecision(3)}`,
      )
      .join(', ');
    notes.push(
      `The learning rate was lowered to ${+learningRate.toPrecision(3)}: the loss of the first steps, ${loss.toPrecision(3)} without learning, came to ${losses}.`,
    );
  }
  if (before !== null && kept === 0)
    notes.push(
      `The model is as it was before training: none of the epochs was better than ${percent(before)} of ${heldOut} samples held out.`,
    );
  else if (before !== null)
    notes.push(
      `Epoch ${kept} is kept, with ${percent(after!)} of ${heldOut} samples held out right; before training ${percent(before)} were.`,
    );
  return notes;
}

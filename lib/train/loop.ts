// The training loop: epochs of batches through a compiled step, with schedule, evaluation, early stopping and checkpoints. A
// run that was ended anywhere, and continues from its checkpoint, ends with the bits of one that never was.
import { setImmediate } from 'node:timers/promises';
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Batch, Batches } from './batches.js';
import {
  type Care,
  carefulNotes,
  carefulReport,
  isBest,
  lossWithoutLearning,
  probeLength,
  ruinousLoss,
  slowDown,
} from './careful.js';
import { type Checkpoint, loadCheckpoint, requireSameSettings, saveCheckpoint } from './checkpoint.js';
import { judgeCourse } from './divergence.js';
import { type EarlyStopping, judge } from './early-stopping.js';
import type { Evaluation } from './evaluate.js';
import type { EpochReport, StepReport, TrainingEvent, TrainingReport } from './events.js';
import { beginning, count, fresh, type Progress } from './progress.js';
import type { Reading } from './reading.js';
import type { Schedule } from './schedules/schedule.js';
import type { TrainingStep } from './training.js';

export interface CheckpointOptions {
  readonly path: string;
  /** Continue from the file when it is there. */
  readonly resume: boolean;
  /** One is written after this time at the latest, and after each epoch. */
  readonly seconds: number;
}

export interface TrainOptions {
  readonly step: TrainingStep;
  readonly batches: Batches;
  readonly samples: number;
  /** The class that scores of a sample say. */
  readonly answerOf: Reading['answerOf'];
  readonly epochs: number;
  readonly learningRate: number;
  readonly schedule: Schedule;
  /** Adds inputs to a batch that do not come from the samples: what teachers answer. */
  readonly provide?: (batch: Batch) => Promise<void>;
  readonly evaluate?: (graph: Graph) => Promise<Pick<Evaluation, 'accuracy' | 'loss'>>;
  readonly earlyStopping?: EarlyStopping;
  readonly care?: Care;
  readonly checkpoint?: CheckpointOptions;
  /** What makes the run what it is; a checkpoint of a run with other settings is refused. */
  readonly settings: Readonly<Record<string, unknown>>;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly signal?: AbortSignal;
}

/** Points of the curve a run has, about. */
const curvePoints = 500;

/** Trains; afterwards the step holds the parameters of the last epoch, or of the best one with early stopping or care. */
export async function train(options: TrainOptions): Promise<TrainingReport> {
  const run = new TrainingRun(options);
  return run.go();
}

class TrainingRun {
  readonly #options: TrainOptions;
  readonly #total: number;
  readonly #every: number;
  #progress: Progress = beginning();
  /** Before training, for a run that may begin again. */
  readonly #initial: ReadonlyMap<string, TensorValue> | undefined;
  #best: ReadonlyMap<string, TensorValue> | undefined;
  #saved = performance.now();
  /** Steps that this process did, and how long they took: for the time left. */
  #here = { steps: 0, seconds: 0 };

  constructor(options: TrainOptions) {
    this.#options = options;
    this.#total = options.epochs * options.batches.perEpoch;
    this.#every = Math.max(1, Math.round(this.#total / curvePoints));
    this.#initial = options.care && options.step.state;
  }

  async go(): Promise<TrainingReport> {
    const { samples, epochs, batches } = this.#options;
    const begun = performance.now();
    await this.#resume();
    if (this.#options.care !== undefined && this.#progress.careful === undefined)
      await this.#lookBefore(this.#options.care);
    this.#tell({ event: 'start', samples, steps: this.#total, epochs });
    if (this.#stepsDone() > 0)
      this.#tell({ event: 'resume', step: this.#stepsDone(), epoch: this.#progress.epoch + 1 });
    while (this.#progress.epoch < epochs && !this.#progress.stoppedEarly) await this.#epoch();
    const progress = this.#progress;
    const careful =
      progress.careful &&
      carefulReport(progress.careful, this.#options.care!.samples, this.#options.learningRate, progress.kept);
    if (this.#best !== undefined) this.#options.step.restore(this.#best);
    this.#tell({ event: 'end', seconds: since(begun) });
    return {
      samples,
      steps: progress.epochs.length * batches.perEpoch,
      epochs: progress.epochs,
      curve: progress.curve,
      kept: progress.kept,
      stoppedEarly: progress.stoppedEarly,
      ...(careful && { careful }),
      notes: [...this.#notes(), ...(careful === undefined ? [] : carefulNotes(careful, progress.kept))],
    };
  }

  #notes(): readonly string[] {
    const { began, epochs, kept } = this.#progress;
    return began === undefined || kept === 0 ? [] : judgeCourse(began, epochs[kept - 1]!.loss);
  }

  /** The loss of the first steps without learning, and how right the model is. */
  async #lookBefore({ judge }: Care): Promise<void> {
    const { step } = this.#options;
    const plain = await lossWithoutLearning(this.#options);
    step.restore(this.#initial!);
    const before = judge === null ? null : await judge(step.graph());
    if (judge !== null) this.#best = this.#initial;
    this.#progress.careful = { before, plain, factor: 1, sum: 0, lowered: [], scores: [] };
  }

  /** Begins anew with a lower learning rate. */
  #slower(loss: number): void {
    const { step, care, learningRate } = this.#options;
    const { careful } = this.#progress;
    slowDown(careful!, learningRate, loss);
    step.restore(this.#initial!);
    this.#best = care!.judge === null ? undefined : this.#initial;
    this.#progress = { ...beginning(), careful: careful! };
    this.#tell({ event: 'slower', learningRate: learningRate * careful!.factor, loss });
  }

  async #epoch(): Promise<void> {
    const { batches, checkpoint } = this.#options;
    const progress = this.#progress;
    let begun = performance.now();
    for await (const batch of batches.epoch(progress.epoch, progress.batch)) {
      await this.#options.provide?.(batch);
      const ruinous = this.#step(batch);
      if (ruinous !== undefined) return this.#slower(ruinous);
      // Lets timers, signals and other work of the process have their turn.
      await setImmediate();
      const seconds = since(begun);
      begun = performance.now();
      progress.running.seconds += seconds;
      this.#here.steps++;
      this.#here.seconds += seconds;
      if (this.#options.signal?.aborted) await this.#abort();
      if (checkpoint !== undefined && since(this.#saved) >= checkpoint.seconds) await this.#save();
    }
    await this.#endEpoch(since(begun));
  }

  /** Answers with a loss that says that the run is to begin anew. */
  #step(batch: Batch): number | undefined {
    const { step } = this.#options;
    const progress = this.#progress;
    const learningRate = this.#rateOf(this.#stepsDone());
    const { loss, outputs } = step.run(batch.inputs, {
      learningRate,
      progress: this.#share(),
    });
    const { careful } = progress;
    const ruinous =
      careful &&
      ruinousLoss(careful, loss, this.#stepsDone() + 1, probeLength(this.#options.batches.perEpoch));
    if (ruinous !== undefined) return ruinous;
    if (!Number.isFinite(loss))
      throw new KompaktError(
        'KPT_TRAINING_DIVERGED',
        `The loss became ${loss} at step ${this.#stepsDone() + 1} of ${this.#total}.`,
      );
    progress.began ??= loss;
    progress.batch++;
    progress.running.loss += loss;
    count(progress.running, batch.labels, outputs.values().next().value, this.#options.answerOf);
    progress.point.loss += loss;
    if (++progress.point.steps === this.#every) this.#addPoint(learningRate);
    return undefined;
  }

  #addPoint(learningRate: number): void {
    const { point, curve, epoch } = this.#progress;
    const done = this.#stepsDone();
    const report: StepReport = { step: done, epoch: epoch + 1, loss: point.loss / point.steps, learningRate };
    this.#progress.point = { loss: 0, steps: 0 };
    curve.push(report);
    const { steps, seconds } = this.#here;
    const secondsLeft = steps === 0 ? 0 : ((this.#total - done) * seconds) / steps;
    this.#tell({ event: 'step', ...report, steps: this.#total, secondsLeft });
  }

  async #endEpoch(tail: number): Promise<void> {
    const { batches, evaluate, step, earlyStopping, care, checkpoint } = this.#options;
    const progress = this.#progress;
    const { loss, right, labelled, seconds } = progress.running;
    const evaluation = await evaluate?.(step.graph());
    const report: EpochReport = {
      epoch: progress.epoch + 1,
      loss: loss / batches.perEpoch,
      accuracy: labelled === 0 ? null : right / labelled,
      learningRate: this.#rateOf(this.#stepsDone() - 1),
      evaluation: evaluation?.accuracy ?? null,
      evaluationLoss: evaluation?.loss ?? null,
      seconds: seconds + tail,
    };
    progress.epochs.push(report);
    progress.epoch++;
    progress.batch = 0;
    progress.running = fresh();
    if (progress.careful === undefined || care!.judge === null) progress.kept = report.epoch;
    else {
      progress.careful.scores.push(await care!.judge(step.graph()));
      if (isBest(progress.careful)) {
        this.#best = step.state;
        progress.kept = report.epoch;
      }
    }
    this.#tell({ event: 'epoch', ...report });
    if (earlyStopping !== undefined) this.#stopEarly(earlyStopping);
    this.#notes();
    if (checkpoint !== undefined) await this.#save();
  }

  #stopEarly(rule: EarlyStopping): void {
    const progress = this.#progress;
    const { best, stop } = judge(progress.epochs, rule);
    // With care it only says when to stop.
    if (progress.careful === undefined) {
      if (best === progress.epoch) this.#best = this.#options.step.state;
      progress.kept = best;
    }
    if (!stop || progress.epoch === this.#options.epochs) return;
    progress.stoppedEarly = true;
    const reason = `no gain since epoch ${best}`;
    this.#tell({ event: 'stop', epoch: progress.epoch, reason });
  }

  async #abort(): Promise<never> {
    if (this.#options.checkpoint !== undefined) await this.#save();
    throw new KompaktError('KPT_ABORTED', 'Training was aborted.', {}, this.#options.signal?.reason);
  }

  async #save(): Promise<void> {
    const { checkpoint, step, settings } = this.#options;
    const named = (prefix: string, state: ReadonlyMap<string, TensorValue> | undefined) =>
      [...(state ?? [])].map(([name, value]) => [`${prefix}${name}`, value] as const);
    const tensors = new Map([...named(statePrefix, step.state), ...named(bestPrefix, this.#best)]);
    await saveCheckpoint(checkpoint!.path, { tensors, progress: this.#progress, settings });
    this.#saved = performance.now();
  }

  async #resume(): Promise<void> {
    const { checkpoint, step, settings } = this.#options;
    const found = checkpoint?.resume ? await loadCheckpoint(checkpoint.path) : undefined;
    if (found === undefined) return;
    requireSameSettings('checkpoint', checkpoint!.path, found.settings, settings);
    step.restore(withPrefix(found, statePrefix));
    const best = withPrefix(found, bestPrefix);
    if (best.size > 0) this.#best = best;
    this.#progress = found.progress as Progress;
  }

  #stepsDone(): number {
    return this.#progress.epoch * this.#options.batches.perEpoch + this.#progress.batch;
  }

  /** Of the run that is done: all of it in the last step, so that whatever follows it comes to its end. */
  #share(): number {
    const done = this.#stepsDone();
    return done === this.#total - 1 ? 1 : done / this.#total;
  }

  #rateOf(step: number): number {
    const factor = this.#progress.careful?.factor ?? 1;
    return this.#options.learningRate * factor * this.#options.schedule(step / this.#total);
  }

  #tell(event: TrainingEvent): void {
    this.#options.onEvent?.(event);
  }
}

const statePrefix = 'state/';
const bestPrefix = 'best/';

const withPrefix = ({ tensors }: Checkpoint, prefix: string): Map<string, TensorValue> =>
  new Map(
    [...tensors]
      .filter(([name]) => name.startsWith(prefix))
      .map(([name, value]) => [name.slice(prefix.length), value]),
  );

const since = (begun: number): number => (performance.now() - begun) / 1000;

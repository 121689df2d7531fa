// Tuning: options of a method found by trials on samples that are held out, and the model that the best of them make.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { makeFolder } from '../onnx/make-folder.js';
import { checkWritable } from '../onnx/write-file.js';
import { parseOptions } from '../session/parse-options.js';
import { evaluate } from '../train/evaluate.js';
import { fingerprintOf } from '../train/fingerprint.js';
import { type Options, withValues } from './tune/apply.js';
import { checkTeacher, spaceFor, withNames } from './tune/check-space.js';
import { edgesOf } from './tune/edges.js';
import { importanceOf } from './tune/importance.js';
import { Journal } from './tune/journal.js';
import type { TunedMethod } from './tune/method.js';
import { tunedMethods } from './tune/methods.js';
import { type CompleteTuneOptions, tuneOptions } from './tune/options.js';
import { savePage } from './tune/page.js';
import type { SpaceInput } from './tune/parse-space.js';
import { proposers } from './tune/proposers/index.js';
import { reportOf, type TestReport, type TrialReport, type TuneReport, testReport } from './tune/report.js';
import { rungPlans } from './tune/rungs/index.js';
import {
  holdOut,
  type LabelledSamples,
  type Samples,
  type SplitSamples,
  withValidation,
} from './tune/samples.js';
import { search } from './tune/search.js';
import type { Space, Values } from './tune/space.js';
import type { Trial } from './tune/trial.js';

export type TuneEvent =
  /** A trial came to a rung, or to its end. */
  | { readonly event: 'trial'; readonly trials: number; readonly trial: TrialReport }
  /** The search is over; the model is made of all samples. */
  | { readonly event: 'train'; readonly options: 'tuned' | 'defaults' };

export interface TuneOptions extends Omit<z.input<typeof tuneOptions>, 'space'> {
  readonly space?: SpaceInput;
  /** Labelled samples to train on, or to calibrate with. Read several times: they must begin anew each time. */
  readonly data: Samples;
  /** Samples that trials are judged by, in place of some that are held out. */
  readonly validate?: LabelledSamples;
  /** Test samples: they are judged once, at the end, and decide nothing. */
  readonly evaluate?: LabelledSamples;
  /** Of distill and binarize. */
  readonly teacher?: Model | readonly Model[] | 'self';
  readonly onEvent?: (event: TuneEvent) => void;
  readonly signal?: AbortSignal;
}

export interface TunedModel {
  /** Made with the best options of all samples, also those that were held out. */
  readonly model: Model;
  readonly report: TuneReport;
}

/** What is searched. */
interface Task {
  readonly model: Model;
  readonly method: TunedMethod;
  /** Options that are the same in every trial. */
  readonly fixed: Options;
  readonly space: Space;
  readonly budget: number;
  readonly samples: SplitSamples;
  readonly given: TuneOptions;
  readonly settings: CompleteTuneOptions;
}

/** Everything that is settled before the first trial. */
interface Setting extends Task {
  readonly journal: Journal;
  /** Folder of the trials that are put aside. */
  readonly folder: string;
}

/** Finds options. Throws KPT_OPTION_INVALID before the first trial when the space does not fit the method, and after the last
 *  when every trial failed; failures of single trials are part of the report. KPT_FILE_WRITE for a report or journal that cannot be
 *  written. */
export async function tune(model: Model, options: TuneOptions): Promise<TunedModel> {
  const { data, validate, evaluate: test, teacher, onEvent, signal, ...own } = options;
  const settings = parseOptions(tuneOptions, own, 'tune');
  const method = tunedMethods.find(({ name }) => name === settings.method)!;
  const space = spaceFor(method, settings.space as SpaceInput | undefined, settings.options);
  const budget = budgetOf(method, settings);
  checkTeacher(method, teacher);
  if (settings.report !== undefined) await checkWritable(settings.report);
  const samples =
    validate === undefined
      ? await holdOut(data, settings.holdout, settings.seed)
      : await withValidation(data, validate);
  const fixed = withNames(method, settings.options);
  const task: Task = { model, method, fixed, space, budget, samples, given: options, settings };
  // Before the folder: a journal that cannot be taken leaves nothing behind.
  const journal = new Journal(settings.journal ?? null, identityOf(task));
  const folder = await folderOf(settings);
  let done = false;
  try {
    const tuned = await searchAndTrain({ ...task, journal, folder });
    done = true;
    return tuned;
  } finally {
    // A search that is continued needs what its trials came to.
    if (done || settings.journal === undefined) await rm(folder, { recursive: true, force: true });
  }
}

/** Throws KPT_FILE_WRITE. */
async function folderOf({ journal }: CompleteTuneOptions): Promise<string> {
  if (journal === undefined) return mkdtemp(join(tmpdir(), 'kompakt-tune-'));
  const path = `${journal}.trials`;
  makeFolder(path);
  return path;
}

function budgetOf(method: TunedMethod, { epochs, calibrationSamples }: CompleteTuneOptions): number {
  const [own, other] = method.unit === 'epochs' ? [epochs, calibrationSamples] : [calibrationSamples, epochs];
  if (other !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `Method ${method.name} of tune takes option ${method.unit === 'epochs' ? 'epochs' : 'calibrationSamples'}, not the other one of the two.`,
    );
  return own ?? method.defaultBudget;
}

async function searchAndTrain(setting: Setting): Promise<TunedModel> {
  const { method, fixed, space, budget, samples, given, settings, journal } = setting;
  const { objective, seed } = settings;
  const brackets = bracketsOf(setting);
  const trials = await search({
    space,
    proposer: proposers.find(({ name }) => name === settings.algorithm)!,
    brackets,
    seed,
    objective,
    seconds: settings.minutes === undefined ? Number.POSITIVE_INFINITY : 60 * settings.minutes,
    journal,
    run: async (trial, until, tell, signal) => {
      const continued = settings.journal !== undefined || brackets[trial.bracket]!.rungs.length > 1;
      await method.run({
        ...assignmentOf(setting, trial.values),
        data: samples.training,
        validation: samples.validation,
        until,
        checkpoint: continued ? checkpointOf(setting, `trial-${trial.number}`) : null,
        tell,
        signal,
      });
    },
    drop: (trial) => removeCheckpoint(setting, `trial-${trial.number}`),
    onTrial: (trial) => given.onEvent?.({ event: 'trial', trials: settings.trials, trial: reportOf(trial) }),
    signal: given.signal,
  });
  const best = bestOf(trials);
  const { model, test } = await trainAndJudge(setting, best);
  const reports = trials.map(reportOf);
  const report: TuneReport = {
    method: method.name,
    unit: method.unit,
    budget,
    objective,
    algorithm: settings.algorithm,
    rungs: settings.rungs,
    seed,
    trainingSamples: samples.trainingCount,
    validationSamples: samples.validationCount,
    trials: reports,
    best: reports[best.number]!,
    importance: importanceOf(space, trials, seed),
    edges: edgesOf(space, best.values),
    options: {
      ...withValues(fixed, best.values),
      ...(method.unit === 'epochs' ? { epochs: budget, seed } : { samples: budget }),
    },
    test,
    seconds: reports.reduce((sum, { seconds }) => sum + seconds, 0),
    spent: spentOf(reports, method),
  };
  if (settings.report !== undefined) await savePage(settings.report, model.graph.name, space, report);
  return { model, report };
}

const bracketsOf = ({ method, budget, settings: { rungs, trials, eta, least } }: Setting) =>
  rungPlans
    .find(({ name }) => name === rungs)!
    .brackets({ trials, budget, eta, least: Math.min(budget, least ?? usualLeast[method.unit]) });

/** Fewer tell nothing of how good a trial will be. */
const usualLeast = { epochs: 1, samples: 16 } as const;

/** A trial that is continued pays only for what is new; calibration begins anew each time. */
const spentOf = (trials: readonly TrialReport[], { unit }: TunedMethod): number =>
  trials.reduce(
    (sum, { budget, curve }) =>
      sum + (unit === 'epochs' ? budget : curve.reduce((all, point) => all + point.budget, 0)),
    0,
  );

const assignmentOf = ({ model, method, fixed, budget, given, settings }: Setting, values: Values) => ({
  model,
  options: withValues(fixed, values),
  teacher: method.takesTeacher ? given.teacher : undefined,
  budget,
  seed: settings.seed,
  threads: settings.threads,
});

const checkpointOf = ({ folder }: Setting, name: string): string => join(folder, `${name}.checkpoint`);

async function removeCheckpoint(setting: Setting, name: string): Promise<void> {
  // Training in stages leaves a checkpoint a stage.
  for (const ending of ['', '.activations'])
    await rm(`${checkpointOf(setting, name)}${ending}`, { force: true });
}

/** The trial of least cost among those that got furthest. */
function bestOf(trials: readonly Trial[]): Trial {
  const judged = trials.filter(({ failure, points }) => failure === undefined && points.length > 0);
  const most = Math.max(...judged.map(({ budget }) => budget));
  const best = judged
    .filter(({ budget }) => budget === most)
    .toSorted((a, b) => a.costs.get(most)! - b.costs.get(most)! || a.number - b.number)[0];
  if (best !== undefined) return best;
  const failure = trials.find((trial) => trial.failure !== undefined)?.failure;
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    failure === undefined
      ? 'The time of tune was up before any trial could be judged; give it more minutes.'
      : `Every trial of tune failed, the first because: ${failure.message}`,
  );
}

/** The model of the best options and, for comparison on test samples, that of the defaults: both of all samples. */
async function trainAndJudge(
  setting: Setting,
  best: Trial,
): Promise<{ readonly model: Model; readonly test: TestReport | null }> {
  const { evaluate: test } = setting.given;
  const model = await train(setting, 'tuned', best.values);
  if (test === undefined) return { model, test: null };
  const isDefault = Object.keys(best.values).length === 0;
  const defaults = isDefault ? model : await train(setting, 'defaults', {});
  const tunedAnswers = await answersOf(setting, model, test);
  const defaultAnswers = isDefault ? tunedAnswers : await answersOf(setting, defaults, test);
  return { model, test: testReport(tunedAnswers, defaultAnswers) };
}

async function train(setting: Setting, name: 'tuned' | 'defaults', values: Values): Promise<Model> {
  const { method, samples, given, settings, budget } = setting;
  given.onEvent?.({ event: 'train', options: name });
  const model = await method.run({
    ...assignmentOf(setting, values),
    data: samples.all,
    validation: null,
    until: budget,
    checkpoint: settings.journal === undefined ? null : checkpointOf(setting, name),
    tell: () => {},
    signal: given.signal,
  });
  return model!;
}

async function answersOf(
  { settings: { threads }, given: { signal } }: Setting,
  model: Model,
  test: LabelledSamples,
): Promise<readonly boolean[]> {
  const answers: boolean[] = [];
  const onAnswer = (right: boolean): void => void answers.push(right);
  await evaluate(model, test, { threads, onAnswer, ...(signal && { signal }) });
  return answers;
}

/** What decides which trials there are and what they come to. */
function identityOf({ model, method, space, budget, samples, given, settings }: Task) {
  const { minutes: _, journal: __, threads: ___, space: ____, report: _____, trials, ...rest } = settings;
  const teachers = given.teacher === 'self' ? 'self' : [given.teacher ?? []].flat();
  return {
    ...rest,
    space,
    budget,
    // Without rungs a search may be given more trials later.
    ...(settings.rungs === 'none' ? {} : { trials }),
    unit: method.unit,
    model: fingerprintOf(model.graph),
    teachers: teachers === 'self' ? teachers : teachers.map(({ graph }) => fingerprintOf(graph)),
    trainingSamples: samples.trainingCount,
    validationSamples: samples.validationCount,
    samples: samples.fingerprints,
  };
}

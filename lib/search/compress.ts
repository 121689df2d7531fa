// One budget of accuracy, latency and size: tries methods of compression and their combinations, measures each beside the
// original on this device, and answers with the best that keeps the budget.
import type { z } from 'zod';
import { systemState } from '../bench/system.js';
import { KompaktError } from '../errors.js';
import type { Model } from '../model/model.js';
import { isQuantize } from '../passes/quantized-value.js';
import { counted } from '../report/table.js';
import { packageVersion } from '../run/native.js';
import { parseOptions } from '../session/parse-options.js';
import { requireRepeatable, samplesIn } from '../session/samples.js';
import { fingerprintOf } from '../train/fingerprint.js';
import type { Lesson } from '../train/train-model.js';
import { Kitchen } from './compress/apply-recipe.js';
import { bestOf, nearestOf } from './compress/choose.js';
import { Journal } from './compress/journal.js';
import { Judge } from './compress/judge.js';
import { factsOf, type Lessons, partOf, type SetFacts } from './compress/learning-data.js';
import { linesOf } from './compress/lines.js';
import { Meter } from './compress/measure.js';
import { type CompleteCompressOptions, compressOptions, epochsOf } from './compress/options.js';
import type { HeldOut } from './compress/recipe.js';
import { type CompressReport, reportOf, unmetMessage } from './compress/report.js';
import { Search, type SearchEvent } from './compress/search.js';
import { Shelf } from './compress/shelf.js';
import { strategies } from './compress/strategies/index.js';
import type { Strategy } from './compress/strategies/strategy.js';
import { isCandidate } from './compress/trial.js';

export interface CompressOptions extends z.input<typeof compressOptions> {
  /** Samples to calibrate on and to learn from. Read many times: it must begin anew each time. */
  readonly data: Lessons;
  /** Samples to judge by. Absent: a part of `data` is held out for it. Without labels accuracy is how often a candidate answers as
   *  the original does. Read many times. */
  readonly evaluate?: Lessons;
  readonly onEvent?: (event: SearchEvent) => void;
  readonly signal?: AbortSignal;
}

/** Fewest samples to train on: with less, calibration does as well. */
const leastLessons = 256;

/**
 * Compresses a float32 classifier within a budget.
 * Throws: KPT_OPTION_INVALID, KPT_BUDGET_UNMET (its details.report tells what was tried), KPT_CALIBRATION_EMPTY, KPT_ABORTED,
 * KPT_DATA_MALFORMED for a journal that is none.
 */
export async function compress(
  model: Model,
  { data, evaluate, onEvent, signal, ...given }: CompressOptions,
): Promise<{ readonly model: Model; readonly report: CompressReport }> {
  const options = parseOptions(compressOptions, given, 'compress');
  requireFloat(model);
  const sets = await setsOf(data, evaluate, options);
  const judge = await Judge.of(model, sets.judged, {
    labelled: sets.judgedFacts.labelled,
    threads: options.threads,
    ...(signal && { signal }),
  });
  const { latencyThreads, latencySeconds, journal: path, threads } = options;
  const meter = new Meter(model, {
    judge,
    feeds: await firstFeeds(sets.judged),
    latencyThreads,
    latencySeconds,
    signal,
  });
  const lines = linesOf(options.budget, meter.measuresOfOriginal);
  const objective =
    options.objective ?? (lines.some(({ resource }) => resource === 'accuracy') ? 'latency' : 'accuracy');
  const made = { model: fingerprintOf(model.graph), data: sets.facts.fingerprint };
  const journal = new Journal(path ?? null, {
    ...made,
    judged: sets.judgedFacts.fingerprint,
    options: { latencyThreads, latencySeconds },
    device: systemState().model,
    version: packageVersion(),
  });
  const shelf = await Shelf.open(path === undefined ? null : `${path}.models`);
  try {
    const kitchen = new Kitchen(model, {
      data,
      threads,
      onEvent: (event) => search.trained(event),
      ...(path !== undefined && { checkpoints: shelf.folder }),
    });
    const search = new Search({
      original: model,
      kitchen,
      meter,
      journal,
      shelf,
      lines,
      objective,
      strategies,
      barred: barring(options, sets.lessons),
      settings: { ...options, epochs: epochsOf(options, sets.lessons), labelled: sets.facts.labelled },
      heldOut: sets.heldOut,
      first: options.first,
      seconds: options.minutes === undefined ? null : 60 * options.minutes,
      ...(onEvent && { onEvent }),
      ...(signal && { signal }),
    });
    await search.run();
    const candidates = search.trials.filter(isCandidate);
    const keeping = candidates.filter(({ keeps }) => keeps);
    // The first that keeps the budget is wanted, not the original that may keep it too.
    const chosen = options.first
      ? (keeping.find(({ number }) => number > 0) ?? keeping[0])
      : bestOf(keeping, objective);
    const answer = chosen ?? nearestOf(candidates)!;
    const result = answer.number === 0 ? model : await shelf.get(answer.sha256!);
    if (result === undefined)
      throw new KompaktError(
        'KPT_FILE_NOT_FOUND',
        `The file of trial ${answer.number} is gone from '${shelf.folder}'.`,
      );
    const report = reportOf({
      search,
      chosen: answer,
      objective,
      lines,
      made,
      sets: { ...sets, judgedBy: sets.judgedFacts.labelled ? 'labels' : 'agreement' },
      original: model,
      result,
      first: options.first,
    });
    if (chosen === undefined && !options.nearest)
      throw new KompaktError('KPT_BUDGET_UNMET', unmetMessage(report), { report });
    return { model: result, report };
  } finally {
    await shelf.release();
  }
}

function requireFloat({ graph }: Model): void {
  const quantized = graph.nodes.find(isQuantize);
  if (quantized !== undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `compress begins with a float32 model, but this one is quantised already (node '${quantized.name}').`,
    );
}

export interface Sets {
  /** Of all samples given to learn from. */
  readonly facts: SetFacts;
  /** How many of them are learnt from. */
  readonly lessons: number;
  readonly judged: Lessons;
  readonly judgedFacts: SetFacts;
  readonly heldOut: HeldOut | null;
}

/** What is learnt from and what judges. Throws KPT_CALIBRATION_EMPTY where one of them is empty. */
async function setsOf(
  data: Lessons,
  evaluate: Lessons | undefined,
  { heldOut: share, seed }: CompleteCompressOptions,
): Promise<Sets> {
  const facts = await factsOf(requireRepeatable(data, 'data', 'compress'));
  const heldOut = evaluate === undefined ? { share, seed } : null;
  const judged =
    evaluate === undefined
      ? partOf(data, { share, seed }, 'judged')
      : requireRepeatable(evaluate, 'evaluate', 'compress');
  const judgedFacts = await factsOf(judged);
  const lessons = facts.samples - (heldOut === null ? 0 : judgedFacts.samples);
  if (judgedFacts.samples === 0 || lessons === 0)
    throw new KompaktError(
      'KPT_CALIBRATION_EMPTY',
      `Of ${counted(facts.samples, 'sample')} ${lessons} are left to learn from and ${judgedFacts.samples} to judge by; compress needs both.`,
    );
  return { facts, lessons, judged, judgedFacts, heldOut };
}

async function firstFeeds(samples: Lessons): Promise<Lesson['feeds']> {
  for await (const { feeds } of samplesIn<Lesson>(samples)) return feeds;
  throw new KompaktError('KPT_CALIBRATION_EMPTY', 'There is no sample to judge by.');
}

function barring(
  { methods }: CompleteCompressOptions,
  lessons: number,
): (strategy: Strategy) => string | undefined {
  return ({ name, trains }) => {
    if (methods !== undefined && !methods.includes(name)) return 'it is not among the methods allowed';
    if (trains && lessons < leastLessons)
      return `${lessons} samples are too few to train on; ${leastLessons} are the least`;
    return undefined;
  };
}

// A search as an HTML page: the trials in their order, how each went on, and a panel for each parameter.
import { saveText } from '../../onnx/write-file.js';
import { type Chart, curvesPage } from '../../report/curves-page.js';
import { counted } from '../../report/table.js';
import type { TrialReport, TuneReport } from './report.js';
import type { Parameter, Space } from './space.js';

/** Writes the page. Whoever has a model to show for hours of trials does not lose it with the page: what cannot be written, though
 *  it could be at the start, becomes a warning of the process. */
export async function savePage(path: string, ...page: Parameters<typeof tunePage>): Promise<void> {
  await saveText(path, tunePage(...page)).catch((error: Error) =>
    process.emitWarning(`kompakt: the report of tune is missing: ${error.message}`),
  );
}

/** A self-contained page. */
function tunePage(title: string, space: Space, report: TuneReport): string {
  const { trials, best, importance, test, unit } = report;
  const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
  const shares = new Map(importance?.map(({ path, share, matters }) => [path, { share, matters }]));
  return curvesPage({
    title: `${title}: options of ${report.method}`,
    facts: [
      ['trials', String(trials.length)],
      [`${unit} in all`, String(report.spent)],
      ['best trial', String(best.trial)],
      ['judged by', `${counted(report.validationSamples, 'sample')} held out`],
      ...(test === null
        ? []
        : ([
            ['tuned, on test samples', percent(test.tuned.accuracy)],
            ['defaults, on test samples', percent(test.defaults.accuracy)],
            ['probability of the difference by chance', test.probability.toPrecision(2)],
          ] as const)),
      ['options', JSON.stringify(report.options)],
    ],
    charts: [
      progressChart(report),
      rungsChart(report),
      ...space.map((parameter) => panel(parameter, report, shares.get(parameter.path))),
    ],
    table: {
      titles: ['trial', 'became', unit, 'right', 'loss', 'seconds', ...space.map(({ path }) => path)],
      rows: trials.map((trial) => [
        trial.trial === best.trial ? `${trial.trial} (best)` : String(trial.trial),
        trial.failure === null ? trial.status : `${trial.status}: ${trial.failure.message}`,
        String(trial.budget),
        trial.accuracy === null ? '' : percent(trial.accuracy),
        trial.loss?.toFixed(4) ?? '',
        trial.seconds.toFixed(1),
        ...space.map(({ path }) => (path in trial.values ? JSON.stringify(trial.values[path]) : 'default')),
      ]),
    },
  });
}

const scoreTitle = ({ objective }: TuneReport): string =>
  objective === 'accuracy' ? 'Right answers on the samples held out' : 'Loss on the samples held out';

const scoreOf = ({ objective }: TuneReport, trial: Pick<TrialReport, 'accuracy' | 'loss'>): number | null =>
  objective === 'accuracy' ? trial.accuracy : trial.loss;

const styleOf = ({ objective }: TuneReport): Pick<Chart, 'percent' | 'logarithmic'> =>
  objective === 'accuracy' ? { percent: 2 } : { logarithmic: true };

/** Every trial where it ended, and the best so far of those that went on to the end. */
function progressChart(report: TuneReport): Chart {
  const { trials, budget, objective } = report;
  const better = objective === 'accuracy' ? Math.max : Math.min;
  let best: number | null = null;
  const leading = trials.map((trial) => {
    const score = trial.budget === budget ? scoreOf(report, trial) : null;
    if (score !== null) best = best === null ? score : better(best, score);
    return best;
  });
  const at = (whole: boolean) =>
    trials.map((trial) => ((trial.budget === budget) === whole ? scoreOf(report, trial) : null));
  return {
    title: scoreTitle(report),
    x: { label: 'trial', values: trials.map(({ trial }) => trial) },
    curves: [
      { label: 'went on to the end', values: at(true), points: true },
      { label: 'given up', values: at(false), points: true },
      { label: 'best so far', values: leading },
    ],
    ...styleOf(report),
  };
}

/** Every trial's way over its budget. */
function rungsChart(report: TuneReport): Chart {
  const { trials, unit } = report;
  const budgets = [...new Set(trials.flatMap(({ curve }) => curve.map(({ budget }) => budget)))];
  const x = budgets.toSorted((a, b) => a - b);
  return {
    title: `By ${unit}`,
    x: { label: unit, values: x },
    curves: trials.map(({ trial, curve }) => ({
      label: `trial ${trial}`,
      values: x.map((budget) => {
        const point = curve.find((one) => one.budget === budget);
        return point === undefined ? null : scoreOf(report, point);
      }),
    })),
    unnamed: true,
    ...styleOf(report),
  };
}

/** Scores by the value of one parameter; whole trials apart from those that were given up. */
function panel(
  parameter: Parameter,
  report: TuneReport,
  known: { readonly share: number; readonly matters: boolean } | undefined,
): Chart {
  const { path } = parameter;
  const place = ({ values }: TrialReport): number =>
    parameter.kind === 'choice'
      ? parameter.choices.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(values[path]))
      : (values[path] as number);
  const tried = report.trials
    .filter((trial) => path in trial.values && trial.accuracy !== null)
    .toSorted((a, b) => place(a) - place(b));
  const at = (whole: boolean) =>
    tried.map((trial) => ((trial.budget === report.budget) === whole ? scoreOf(report, trial) : null));
  const worth =
    known === undefined
      ? ''
      : `: explains ${(100 * known.share).toFixed(0)} %${known.matters ? '' : ', no more than chance'}`;
  return {
    title: `${path}${worth}`,
    x: {
      label: path,
      values: tried.map(place),
      ...(parameter.kind === 'choice'
        ? {
            names: parameter.choices.map((choice) =>
              typeof choice === 'string' ? choice : JSON.stringify(choice),
            ),
          }
        : { logarithmic: parameter.scale === 'log' }),
    },
    curves: [
      { label: 'went on to the end', values: at(true), points: true },
      { label: 'given up', values: at(false), points: true },
    ],
    ...styleOf(report),
  };
}

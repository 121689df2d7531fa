// What kompakt tune prints: the trials, the best options, and what they were worth.
import {
  counted,
  type Edge,
  type Judged,
  type TestReport,
  type TrialReport,
  type TuneReport,
  table,
} from '../index.js';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

const settingText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const valuesText = ({ values }: TrialReport): string =>
  Object.entries(values)
    .map(([path, value]) => `${path}=${settingText(value)}`)
    .join(' ') || 'the defaults';

/** The best trials first, then those that were given up, by how far they got. */
function trialTable({ trials, unit, best, objective }: TuneReport): string {
  const cost = ({ accuracy, loss }: TrialReport): number =>
    (objective === 'accuracy' ? accuracy === null : loss === null)
      ? Number.POSITIVE_INFINITY
      : objective === 'accuracy'
        ? -accuracy!
        : loss!;
  const rows = trials
    .toSorted((a, b) => b.budget - a.budget || cost(a) - cost(b) || a.trial - b.trial)
    .map((trial) => [
      trial.trial === best.trial ? `best ${trial.trial}` : String(trial.trial),
      trial.status,
      String(trial.budget),
      trial.accuracy === null ? null : (100 * trial.accuracy).toFixed(2),
      trial.loss === null ? null : trial.loss.toFixed(4),
      trial.seconds.toFixed(1),
      trial.failure === null ? valuesText(trial) : `${valuesText(trial)}: ${trial.failure.message}`,
    ]);
  return table(
    [
      { title: 'trial', align: 'right' },
      { title: 'became' },
      { title: unit, align: 'right' },
      { title: 'right %', align: 'right' },
      { title: 'loss', align: 'right' },
      { title: 'seconds', align: 'right' },
      { title: 'tried' },
    ],
    rows,
  );
}

function testText({ samples, tuned, defaults, tunedOnly, defaultsOnly, probability }: TestReport): string {
  const line = ({ right, accuracy, interval }: Judged): readonly (string | number)[] => [
    right,
    percent(accuracy),
    `${percent(interval.low)} to ${percent(interval.high)}`,
  ];
  const judged = table(
    [{ title: `of ${samples} test samples` }, { title: 'right' }, { title: 'share' }, { title: '95 %' }],
    [
      ['tuned', ...line(tuned)],
      ['defaults', ...line(defaults)],
    ],
  );
  const difference = tuned.right - defaults.right;
  const sure =
    probability < 0.05
      ? 'more than chance explains'
      : 'no more than chance explains: as far as these samples tell, the defaults are as good';
  const worth =
    difference === 0 && tunedOnly === 0
      ? 'Tuned and defaults give the same answers.'
      : `Tuning was worth ${difference} samples (right where the other is wrong: ${tunedOnly} against ${defaultsOnly}, McNemar p = ${probability.toPrecision(2)}): ${sure}.`;
  return `${judged}\n\n${worth}`;
}

/** How much of the variance is whose; a parameter that does not matter may have any value. */
function importanceText(importance: NonNullable<TuneReport['importance']>): string {
  const rows = importance.map(({ path, share, matters }) => [
    path,
    percent(share),
    matters ? '' : 'no more than chance',
  ]);
  return table([{ title: 'parameter' }, { title: 'explains', align: 'right' }, { title: '' }], rows);
}

const edgeText = ({ path, end, value, limit }: Edge): string =>
  `The best ${path}, ${value}, is at the end of its range: ${end === 'min' ? 'a smaller min' : 'a larger max'} than ${limit} may be better.`;

export function describeTuning(report: TuneReport): string {
  const { trials, unit, spent, trainingSamples, validationSamples, method, options, test } = report;
  const { importance, edges } = report;
  return [
    trialTable(report),
    `${counted(trials.length, 'trial')}, ${spent} ${unit} in all, on ${counted(trainingSamples, 'sample')}; judged by ${validationSamples} others`,
    ...(importance === null ? [] : [importanceText(importance)]),
    ...edges.map(edgeText),
    `Options for kompakt ${method} --options:\n${JSON.stringify(options)}`,
    ...(test === null ? [] : [testText(test)]),
  ].join('\n\n');
}

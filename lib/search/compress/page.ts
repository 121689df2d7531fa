// The report of a search as one HTML file that needs no network: accuracy against speed and size, and all tables.
import { requireArgument } from '../../errors.js';
import { type Chart, type Curve, curvesPage } from '../../report/curves-page.js';
import { bytesText, counted } from '../../report/table.js';
import type { CompressReport } from './report.js';
import { type Candidate, isCandidate, type Trial } from './trial.js';

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

/** The page. `title` is the name of the model. */
export function compressPage(report: CompressReport, title: string): string {
  requireArgument(Array.isArray(report?.trials), 'the report of compress()', 'compressPage', report);
  const { trials, chosen, budget, objective, judged, judgedBy, heldOut, lessons, skipped, notes } = report;
  const candidates = trials.filter(isCandidate);
  const best = candidates.find(({ number }) => number === chosen.number)!;
  const { accuracy, latency, bytes } = best.measures;
  const said = trials.flatMap((trial) => trial.notes.map((note) => `Trial ${trial.number}: ${note}`));
  return curvesPage({
    title: `${title}, compressed`,
    facts: [
      ['budget', budget.join(', ')],
      ['wanted', { latency: 'the fastest', bytes: 'the smallest', accuracy: 'the most accurate' }[objective]],
      ['chosen', `trial ${chosen.number}: ${best.what}`],
      ['why', chosen.why],
      ['accuracy', `${percent(accuracy.share)} (${accuracy.drop.toFixed(2)} points dropped)`],
      ['speed', `${latency.milliseconds.toPrecision(3)} ms, ${latency.speedUp.toFixed(2)} times as fast`],
      ['file', bytesText(bytes.file)],
      ['judged by', `${counted(judged, 'sample')}${heldOut ? ' held out' : ''}, by ${judgedBy}`],
      ['learnt from', counted(lessons, 'sample')],
    ],
    charts: [
      chartOf(report, candidates, 'Accuracy and speed', 'times as fast', ({ latency: l }) => l.speedUp),
      chartOf(report, candidates, 'Accuracy and size', 'KiB', ({ bytes: b }) => b.file / 1024),
    ],
    table: {
      titles: [
        'trial',
        'recipe',
        'why',
        'right',
        '95 %',
        'drop',
        'p',
        'ms',
        'times as fast',
        'file',
        'deflated',
        'budget',
      ],
      rows: trials.map((trial) => rowOf(trial, report)),
      words: [1, 2, 11],
    },
    parts: [
      {
        title: 'Notes',
        lines: [
          '* nothing is better in accuracy, speed and size together; p: how often equal models differ as much (McNemar).',
          ...notes,
        ],
      },
      ...(said.length === 0 ? [] : [{ title: 'Training', lines: said }]),
      {
        title: 'Not tried',
        table: {
          titles: ['method', 'what', 'why'],
          rows: skipped.map(({ strategy, what, why }) => [strategy, what, why]),
          words: [0, 1, 2],
        },
      },
      { title: 'Layers', table: layersTable(report) },
      { title: 'Recipe', lines: [JSON.stringify({ steps: report.recipe.steps })] },
    ],
  });
}

/** Accuracy over something else, one point a candidate; points of one x lie above one another. */
function chartOf(
  { chosen, pareto }: CompressReport,
  candidates: readonly Candidate[],
  title: string,
  label: string,
  x: (measures: Candidate['measures']) => number,
): Chart {
  const sorted = [...candidates].sort((a, b) => x(a.measures) - x(b.measures));
  const curve = (name: string, belongs: (candidate: Candidate) => boolean, points = true): Curve => ({
    label: name,
    values: sorted.map((candidate) => (belongs(candidate) ? candidate.measures.accuracy.share : null)),
    ...(points && { points }),
  });
  return {
    title,
    x: { label, values: sorted.map(({ measures }) => x(measures)) },
    curves: [
      curve('best in accuracy, speed and size', ({ number }) => pareto.includes(number), false),
      curve('breaks the budget', ({ keeps, number }) => !keeps && number !== chosen.number),
      curve('keeps the budget', ({ keeps, number }) => keeps && number !== chosen.number),
      curve('chosen', ({ number }) => number === chosen.number),
    ],
    labels: sorted.map(({ number }) => (number === 0 ? 'original' : String(number))),
    percent: 2,
  };
}

function rowOf(trial: Trial, { pareto, chosen }: CompressReport): readonly string[] {
  const { number, what, why, measures, failure, breaches } = trial;
  const sign = `${number === chosen.number ? '> ' : ''}${number}${pareto.includes(number) ? ' *' : ''}`;
  if (measures === null) return [sign, what, why, ...new Array<string>(8).fill(''), failure!.message];
  const { accuracy, latency, bytes } = measures;
  return [
    sign,
    what,
    why,
    percent(accuracy.share),
    `${(100 * accuracy.interval.low).toFixed(2)}-${percent(accuracy.interval.high)}`,
    accuracy.drop.toFixed(2),
    number === 0 ? '' : accuracy.p.toFixed(3),
    latency.milliseconds.toPrecision(3),
    latency.speedUp.toFixed(2),
    bytesText(bytes.file),
    bytesText(bytes.deflated),
    breaches.length === 0 ? 'kept' : breaches.map(({ text }) => text).join('; '),
  ];
}

const layersTable = ({ layers }: CompressReport) => ({
  titles: [
    'layer',
    'operator',
    'runs in',
    'bits',
    'channels before',
    'after',
    'zeros',
    'bytes before',
    'after',
  ],
  rows: layers.map(
    ({ name, op, runs, bits, channelsBefore, channelsAfter, zeros, bytesBefore, bytesAfter }) => [
      name,
      op,
      runs,
      bits === null ? '' : String(bits),
      String(channelsBefore),
      channelsAfter === null ? '' : String(channelsAfter),
      zeros === null ? '' : percent(zeros),
      bytesText(bytesBefore),
      bytesAfter === null ? '' : bytesText(bytesAfter),
    ],
  ),
  words: [0, 1, 2],
});

// What a search for the best model prints: its trials, what was skipped, what became of the layers; and its progress.
import { bytesText, type CompressReport, counted, type SearchEvent, type Trial, table } from '../index.js';
import type { Progress } from './progress.js';

const percent = (share: number): string => `${(100 * share).toFixed(2)}`;

export function reportText(report: CompressReport): string {
  const { budget, judgedBy, judged, heldOut, lessons, skipped, notes } = report;
  return [
    `budget: ${budget.join(', ')}`,
    `judged by ${counted(judged, 'sample')}${heldOut ? ' held out' : ''}${judgedBy === 'labels' ? '' : ' without labels'}; ${lessons} to calibrate on and to learn from`,
    '',
    trialTable(report),
    '',
    ...failures(report),
    ...trialNotes(report),
    ...(skipped.length === 0
      ? []
      : ['not tried:', ...skipped.map(({ strategy, what, why }) => `  ${strategy}: ${what}: ${why}`), '']),
    layerTable(report),
    ...(notes.length === 0 ? [] : ['', ...notes]),
  ].join('\n');
}

function trialTable({ trials, pareto, chosen, judgedBy }: CompressReport): string {
  const rows = trials.map((trial) => {
    const { number, what, measures } = trial;
    const sign = `${number === chosen.number ? '>' : ''}${pareto.includes(number) ? '*' : ''}${number}`;
    if (measures === null) return [sign, what, null, null, null, null, null, null, 'could not be made'];
    const { accuracy, latency, bytes } = measures;
    return [
      sign,
      what,
      percent(accuracy.share),
      `${percent(accuracy.interval.low)}-${percent(accuracy.interval.high)}`,
      `${accuracy.drop.toFixed(2)}${accuracy.significant || accuracy.drop === 0 ? '' : ' ~'}`,
      latency.milliseconds.toPrecision(3),
      latency.speedUp.toFixed(2),
      bytesText(bytes.file),
      trial.keeps ? 'yes' : brokenLines(trial),
    ];
  });
  return [
    table(
      [
        { title: 'trial', align: 'right' },
        { title: 'recipe' },
        { title: judgedBy === 'labels' ? 'right %' : 'same %', align: 'right' },
        { title: '95 %', align: 'right' },
        { title: 'drop', align: 'right' },
        { title: 'ms', align: 'right' },
        { title: 'speed-up', align: 'right' },
        { title: 'bytes', align: 'right' },
        { title: 'keeps the budget' },
      ],
      rows,
    ),
    '> chosen; * no other is better in accuracy, speed and size together; ~ within the noise',
  ].join('\n');
}

/** "no: maxDrop +120 %". */
const brokenLines = ({ breaches }: Trial): string =>
  `no: ${breaches.map(({ line, excess }) => `${line} +${Math.max(1, Math.round(100 * excess))} %`).join(', ')}`;

const failures = ({ trials }: CompressReport): string[] => {
  const failed = trials.flatMap(({ number, failure }) =>
    failure === null ? [] : [`  ${number}: ${failure.message}`],
  );
  return failed.length === 0 ? [] : ['could not be made:', ...failed, ''];
};

const trialNotes = ({ trials }: CompressReport): string[] => {
  const notes = trials.flatMap(({ number, notes: said }) => said.map((note) => `  ${number}: ${note}`));
  return notes.length === 0 ? [] : ['of the training:', ...notes, ''];
};

function layerTable({ layers }: CompressReport): string {
  return table(
    [
      { title: 'layer' },
      { title: 'operator' },
      { title: 'runs in' },
      { title: 'bits', align: 'right' },
      { title: 'channels', align: 'right' },
      { title: 'zeros %', align: 'right' },
      { title: 'bytes before', align: 'right' },
      { title: 'after', align: 'right' },
    ],
    layers.map(({ name, op, runs, bits, channelsBefore, channelsAfter, zeros, bytesBefore, bytesAfter }) => [
      name,
      op,
      runs,
      bits,
      channelsAfter === null || channelsAfter === channelsBefore
        ? `${channelsBefore}`
        : `${channelsBefore} -> ${channelsAfter}`,
      zeros === null ? null : percent(zeros),
      bytesText(bytesBefore),
      bytesAfter === null ? null : bytesText(bytesAfter),
    ]),
  );
}

/** Draws progress: which trial is under way, how far its training is, and what the last one came to. */
export function showing(progress: Progress): (event: SearchEvent) => void {
  let last = '';
  let left = '';
  return (event) => {
    if (event.event === 'trial') {
      left = event.secondsLeft === null ? '' : `, ${Math.ceil(event.secondsLeft / 60)} min for all`;
      progress.start(`trial ${event.number}: ${event.what}`, 1);
      progress.update(0, `${last}${left}`);
    } else if (event.event === 'training' && event.training.event === 'start')
      progress.start(`trial ${event.number}: training`, event.training.steps);
    else if (event.event === 'training' && event.training.event === 'step')
      progress.update(event.training.step, `loss ${event.training.loss.toPrecision(3)}${left}`);
    else if (event.event === 'measured') {
      const { number, measures } = event.trial;
      if (measures !== null)
        last = `trial ${number}: ${percent(measures.accuracy.share)} %, ${measures.latency.speedUp.toFixed(2)} times as fast`;
    }
  };
}

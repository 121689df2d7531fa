// The curves of a run: loss, accuracy and learning rate, and a table of its epochs.
import { type Chart, curvesPage } from '../report/curves-page.js';
import type { EpochReport, TrainingReport } from './events.js';

/** A self-contained HTML page. `facts` are what a reader wants to know of the run. */
export function trainingCurves(
  title: string,
  report: TrainingReport,
  facts: readonly (readonly [name: string, value: string])[] = [],
): string {
  const { curve, epochs } = report;
  const steps = curve.map(({ step }) => step);
  const numbers = epochs.map(({ epoch }) => epoch);
  const loss: Chart = {
    title: 'Loss',
    x: { label: 'step', values: steps },
    curves: [{ label: 'training', values: curve.map((point) => point.loss) }],
    logarithmic: true,
  };
  const rate: Chart = {
    title: 'Learning rate',
    x: { label: 'step', values: steps },
    curves: [{ label: 'learning rate', values: curve.map((point) => point.learningRate) }],
  };
  const judged = (
    [
      ['training', 'accuracy'],
      ['evaluation', 'evaluation'],
    ] as const
  ).filter(([, key]) => epochs.some((epoch) => epoch[key] !== null));
  const accuracy: Chart = {
    title: 'Right answers',
    x: { label: 'epoch', values: numbers },
    curves: judged.map(([label, key]) => ({ label, values: epochs.map((epoch) => epoch[key]) })),
    percent: 2,
  };
  return curvesPage({
    title,
    facts: [['samples', String(report.samples)], ['steps', String(report.steps)], ...facts],
    charts: judged.length === 0 ? [loss, rate] : [loss, accuracy, rate],
    table: {
      titles: ['epoch', 'loss', 'right in training', 'right in evaluation', 'learning rate', 'seconds'],
      rows: epochs.map((epoch) => rowOf(epoch, report)),
    },
  });
}

const share = (value: number | null): string => (value === null ? '' : `${(100 * value).toFixed(2)} %`);

const rowOf = (epoch: EpochReport, { kept, stoppedEarly }: TrainingReport): readonly string[] => [
  stoppedEarly && epoch.epoch === kept ? `${epoch.epoch} (kept)` : String(epoch.epoch),
  epoch.loss.toPrecision(4),
  share(epoch.accuracy),
  share(epoch.evaluation),
  epoch.learningRate.toPrecision(3),
  epoch.seconds.toFixed(1),
];

// The curves of a run: which charts there are and what the table says.
import { trainingCurves } from '../../lib/train/curves.js';
import type { EpochReport, TrainingReport } from '../../lib/train/events.js';

const epoch = (n: number, evaluation: number | null): EpochReport => ({
  epoch: n,
  loss: 1 / n,
  accuracy: evaluation,
  learningRate: 0.1,
  evaluation,
  evaluationLoss: evaluation,
  seconds: 2.04,
});
const report = (evaluation: number | null, rest: Partial<TrainingReport> = {}): TrainingReport => ({
  samples: 100,
  steps: 20,
  epochs: [epoch(1, evaluation), epoch(2, evaluation)],
  curve: [{ step: 10, epoch: 1, loss: 1, learningRate: 0.1 }],
  kept: 2,
  stoppedEarly: false,
  notes: [],
  ...rest,
});
const chartsOf = (html: string) =>
  (JSON.parse(/^const charts = (.*);$/m.exec(html)![1]!) as { title: string }[]).map(({ title }) => title);

test('loss, right answers and learning rate; a row for each epoch', () => {
  const html = trainingCurves('run', report(0.98765), [['seed', '7']]);
  expect(chartsOf(html)).toEqual(['Loss', 'Right answers', 'Learning rate']);
  expect(html).toContain('<dt>seed</dt><dd>7</dd>');
  expect(html).toContain(
    '<tr><td>2</td><td>0.5000</td><td>98.77 %</td><td>98.77 %</td><td>0.100</td><td>2.0</td></tr>',
  );
});

test('without labels there is no chart of right answers', () => {
  expect(chartsOf(trainingCurves('run', report(null)))).toEqual(['Loss', 'Learning rate']);
});

test('the epoch that early stopping kept is marked', () => {
  expect(trainingCurves('run', report(0.5, { kept: 1, stoppedEarly: true }))).toContain('<td>1 (kept)</td>');
  expect(trainingCurves('run', report(0.5))).not.toContain('(kept)');
});

// The page of a search: every trial is a row and a point, and what was not tried is told.

import { compressPage } from '../../../lib/search/compress/page.js';
import type { CompressReport } from '../../../lib/search/compress/report.js';
import { Bench } from '../../helpers/candidates.js';

const bench = new Bench({ maxDrop: 1 });
bench.add('int8', [{ method: 'quantize' }], { drop: 0.5, speedUp: 3, bytes: 300 });
bench.add('int8', [{ method: 'quantize', calibrator: 'entropy' }], { drop: 2, speedUp: 3.5, bytes: 290 });
const report: CompressReport = {
  budget: ['a drop of at most 1.00 points'],
  objective: 'latency',
  judgedBy: 'labels',
  lessons: 600,
  judged: 1000,
  heldOut: false,
  trials: bench.candidates,
  pareto: [0, 1, 2],
  chosen: { number: 1, keeps: true, why: 'the only one' },
  skipped: [{ strategy: 'mixed', what: 'values in float', why: 'needless' }],
  layers: [
    {
      name: 'conv',
      op: 'Conv',
      runs: 'int8',
      bits: 8,
      channelsBefore: 16,
      channelsAfter: 8,
      zeros: 0.25,
      bytesBefore: 4000,
      bytesAfter: 500,
    },
  ],
  notes: ['a note'],
  recipe: { steps: bench.candidates[1]!.recipe.steps, heldOut: null },
};
const html = compressPage(report, 'net');

test('two charts with a point a trial, in the order of x, named by its number', () => {
  const charts = JSON.parse(/^const charts = (.*);$/m.exec(html)![1]!);
  expect(charts.map((chart: { title: string }) => chart.title)).toEqual([
    'Accuracy and speed',
    'Accuracy and size',
  ]);
  expect(charts[0]).toMatchObject({ x: { values: [1, 3, 3.5] }, labels: ['original', '1', '2'] });
  expect(charts[1]).toMatchObject({ labels: ['2', '1', 'original'] });
  const [front, breaks, keeps, chosen] = charts[0].curves.map(({ values }: { values: number[] }) => values);
  expect(front).toEqual([0.9, 0.895, 0.88]);
  expect([breaks, keeps, chosen]).toEqual([
    [null, null, 0.88],
    [0.9, null, null],
    [null, 0.895, null],
  ]);
});

test('the tables tell trials, what was skipped, layers and notes', () => {
  for (const text of [
    '&gt; 1 *',
    'INT8, entropy ranges',
    'a drop of 2.00 points',
    'needless',
    '25.00 %',
    'a note',
  ])
    expect(html).toContain(text);
});

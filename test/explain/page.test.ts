// The page: whole, safe, and without what it would have to fetch.

import { quantize } from '../../lib/compress/quantize-model.js';
import { explain } from '../../lib/explain/explain.js';
import { explainPage } from '../../lib/explain/page.js';
import type { ExplainReport } from '../../lib/explain/report.js';
import { explainedNet, netFeeds } from '../helpers/explained-net.js';

let report: ExplainReport;

beforeAll(async () => {
  const net = explainedNet();
  const { model } = await quantize(net, { data: netFeeds(4), weightBits: 2 });
  const evaluate = netFeeds(6, 70).map((feeds, i) => ({ feeds, label: i % 5 }));
  report = await explain(net, model, { data: netFeeds(4), evaluate, seconds: 0, trialSamples: 2 });
});

test('holds the sentences, a bar a layer, and drawings of the worst layers', () => {
  const page = explainPage(report, 'a → b');
  expect(page).toContain('<title>a → b</title>');
  expect(page.match(/<span class="bar">/g)).toHaveLength(report.layers.length);
  const drawn = report.spreads.reduce((sum, { spreads }) => sum + spreads.length, 0);
  expect(drawn).toBeGreaterThan(6);
  expect(page.match(/<svg /g)).toHaveLength(drawn);
  expect(page).toContain('<b>few-bits</b>');
  expect(page).not.toMatch(/src=|href=|@import|url\(|NaN|undefined/);
});

test('shares of a histogram add up to 1, and the grid is that of the file', () => {
  for (const { layer, spreads } of report.spreads)
    for (const { what, original, compressed, grid, min, max } of spreads) {
      for (const shares of [original, compressed]) expect(shares.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
      expect(min).toBeLessThan(max);
      if (what === 'output' && layer !== 'classify')
        expect(grid!.max - grid!.min).toBeCloseTo(255 * grid!.step, 3);
    }
});

test('names cannot become markup', () => {
  const [first, ...others] = report.layers;
  const evil = { ...report, layers: [{ ...first!, name: '<script>alert(1)</script>' }, ...others] };
  expect(explainPage(evil)).not.toContain('<script');
});

test('without layers, answers and times', () => {
  const bare = { ...report, layers: [], findings: [], advice: [], spreads: [], answers: null };
  const page = explainPage(bare);
  expect(page).not.toContain('Worst layers');
  expect(page).toContain(report.summary[0]!.slice(0, 20));
});

// The page of curves: self-contained, with the numbers it was given, and safe from what they contain.
import { type CurvesPage, curvesPage } from '../../lib/report/curves-page.js';

const page: CurvesPage = {
  title: 'a </script> & <b>title</b>',
  facts: [['seed', '<1>']],
  charts: [
    {
      title: 'Loss </script><script>alert(1)</script>',
      x: { label: 'step', values: [1, 2, 3] },
      curves: [{ label: 'training', values: [2, 0, 0.5] }],
      logarithmic: true,
    },
    {
      title: 'Share',
      x: { label: 'epoch', values: [1] },
      curves: [{ label: 'a', values: [null] }],
      percent: 2,
    },
  ],
  table: { titles: ['epoch', 'loss'], rows: [['1', '"<i>"']] },
  parts: [
    { title: 'Words & more', table: { titles: ['what', 'n'], rows: [['<u>', '1']], words: [0] } },
    { title: 'Notes', lines: ['a < b'] },
  ],
};
const html = curvesPage(page);

test('it needs nothing from elsewhere: uPlot and its style are in the page', () => {
  expect(html).toContain('uPlot');
  expect(html).toContain('.u-legend');
  expect(html).toMatch(/\np, dd, body > table \.words \{ overflow-wrap: anywhere; \}/);
  expect(html).not.toMatch(/<(?:script|link|img)[^>]*(?:src|href)=/);
  expect(html).not.toMatch(/@import|url\(/);
});

test('what is written into it cannot become markup or end the script', () => {
  expect(html.match(/<\/script>/g)).toHaveLength(2);
  expect(html).toContain('<title>a &lt;/script&gt; &amp; &lt;b&gt;title&lt;/b&gt;</title>');
  expect(html).toContain('<dd>&lt;1&gt;</dd>');
  expect(html).toContain('<td>&quot;&lt;i&gt;&quot;</td>');
});

test('the charts are what was given; logarithmic ones leave out what has no logarithm', () => {
  const charts = JSON.parse(/^const charts = (.*);$/m.exec(html)![1]!);
  expect(charts).toEqual([
    { ...page.charts[0], curves: [{ label: 'training', values: [2, null, 0.5] }] },
    page.charts[1],
  ]);
});

test('more tables and notes stand below, words to the left', () => {
  expect(html).toContain('<h2>Words &amp; more</h2>');
  expect(html).toContain('<td class="words">&lt;u&gt;</td><td>1</td>');
  expect(html).toContain('<p>a &lt; b</p>');
});

// Curves as one HTML file that needs no network: uPlot and the numbers stand in the page.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { colours, escaped, htmlPage, inScript, type PageTable, tableHtml } from './html.js';

export interface Curve {
  readonly label: string;
  /** One value for each x; null where there is none. */
  readonly values: readonly (number | null)[];
  /** Single points, with no line between them. */
  readonly points?: boolean;
}

export interface Chart {
  readonly title: string;
  /** `names`: what stands at 0, 1, 2 and so on in place of numbers. */
  readonly x: {
    readonly label: string;
    readonly values: readonly number[];
    readonly logarithmic?: boolean;
    readonly names?: readonly string[];
  };
  readonly curves: readonly Curve[];
  /** Logarithmic y axis. Values that are not above 0 are left out. */
  readonly logarithmic?: boolean;
  /** Digits of percentages after the point; y values are shares when given. */
  readonly percent?: number;
  /** No list of the curves below. */
  readonly unnamed?: boolean;
  /** Written beside the points at each x. */
  readonly labels?: readonly string[];
}

/** A table, or paragraphs, under a title. */
export type PagePart = { readonly title: string } & (
  | { readonly table: PageTable }
  | { readonly lines: readonly string[] }
);

export interface CurvesPage {
  readonly title: string;
  /** Shown as a list above the charts. */
  readonly facts: readonly (readonly [name: string, value: string])[];
  readonly charts: readonly Chart[];
  readonly table: PageTable;
  /** Below the table. */
  readonly parts?: readonly PagePart[];
}

/** The page. */
export const curvesPage = ({ title, facts, charts, table, parts = [] }: CurvesPage): string =>
  htmlPage({
    title,
    style: `${asset('uPlot.min.css')}\n${style}`,
    body: `<h1>${escaped(title)}</h1>
<dl>${facts.map(([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>
<main></main>
${[tableHtml(table), ...parts.map(partText)].join('\n')}
<script>
${asset('uPlot.iife.min.js')}
</script>
<script>
const charts = ${inScript(charts.map(drawable))};
${script}
</script>`,
  });

const partText = (part: PagePart): string => {
  const body =
    'table' in part ? tableHtml(part.table) : part.lines.map((line) => `<p>${escaped(line)}</p>`).join('\n');
  return `<h2>${escaped(part.title)}</h2>\n${body}`;
};

/** A logarithm is taken of what is above 0 only. */
const drawable = (chart: Chart): Chart =>
  chart.logarithmic
    ? {
        ...chart,
        curves: chart.curves.map((curve) => ({
          ...curve,
          values: curve.values.map((v) => (v !== null && v > 0 ? v : null)),
        })),
      }
    : chart;

const asset = (name: string): string =>
  readFileSync(createRequire(import.meta.url).resolve(`uplot/dist/${name}`), 'utf8').trim();

const style = `main { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(100%, 480px), 1fr)); gap: 2rem; }
section { min-width: 0; }
.u-legend { font-size: .85rem; text-align: left; font-variant-numeric: tabular-nums; }
body > table { width: 100%; }
body > table td:not(.words) { white-space: nowrap; }
body > h2 { margin: 2rem 0 .5rem; }
body > h2 + table { margin-top: 0; }
p { margin: 0 0 .4rem; }
/* Recipes and names of nodes have no blanks to break at: they would make the page wider than the window. */
p, dd, body > table .words { overflow-wrap: anywhere; }`;

/** Runs in the page: draws `charts`, and draws them again when the width of the window or the colours change. */
const script = `const colours = ${JSON.stringify(colours)};
function draw() {
  const main = document.querySelector('main');
  main.replaceChildren();
  const look = getComputedStyle(document.documentElement);
  const ink = look.getPropertyValue('--ink').trim();
  const faint = look.getPropertyValue('--faint').trim();
  // All places first: how wide each is depends on how many there are.
  const places = charts.map((chart) => {
    const section = document.createElement('section');
    const title = document.createElement('h2');
    title.textContent = chart.title;
    section.append(title);
    main.append(section);
    return [chart, section];
  });
  for (const [chart, section] of places) {
    const short = (v) => v == null ? '' : chart.percent == null
      ? (Math.abs(v) >= 0.001 && Math.abs(v) < 10000 || v === 0 ? String(+v.toPrecision(4)) : v.toExponential(1))
      : (100 * v).toFixed(chart.percent) + ' %';
    const { names } = chart.x;
    const axis = { stroke: ink, grid: { stroke: faint, width: 1 }, ticks: { stroke: faint, width: 1 } };
    new uPlot({
      width: section.clientWidth,
      height: 260,
      legend: { show: !chart.unnamed },
      scales: { x: { time: false, ...(chart.x.logarithmic && { distr: 3, log: 10 }),
        ...(names && { range: [-0.5, names.length - 0.5] }) }, y: chart.logarithmic ? { distr: 3, log: 10 } : {} },
      axes: [
        { ...axis, label: chart.x.label, labelSize: 20,
          ...(names && { splits: () => names.map((name, i) => i), values: (u, ticks) => ticks.map((i) => names[i]) }),
          ...(chart.x.logarithmic && { values: (u, ticks) => ticks.map((v) => v == null ? '' : v.toExponential(0)) }) },
        { ...axis, size: 70, values: (u, ticks) => ticks.map(short) },
      ],
      series: [
        { label: chart.x.label },
        ...chart.curves.map(({ label, points }, i) => {
          const stroke = colours[i % colours.length];
          const dots = { show: points || chart.x.values.length <= 40, ...(points && { size: 7, fill: stroke }) };
          return { label, stroke, width: 2, spanGaps: true, points: dots, value: (u, v) => short(v),
            ...(points && { paths: () => null }) };
        }),
      ],
      hooks: { draw: chart.labels == null ? [] : [(u) => {
        u.ctx.fillStyle = ink;
        u.ctx.font = 12 * devicePixelRatio + 'px system-ui, sans-serif';
        chart.labels.forEach((text, i) => {
          const v = chart.curves.map((curve) => curve.values[i]).find((value) => value != null);
          if (v == null) return;
          const away = 7 * devicePixelRatio;
          const x = u.valToPos(chart.x.values[i], 'x', true);
          // Beside the right edge there is no room.
          const right = x < u.bbox.left + 0.8 * u.bbox.width;
          u.ctx.textAlign = right ? 'left' : 'right';
          u.ctx.fillText(text, right ? x + away : x - away, u.valToPos(v, 'y', true) - away);
        });
      }] },
    }, [chart.x.values, ...chart.curves.map((curve) => curve.values)], section);
  }
}
draw();
let waiting;
addEventListener('resize', () => { clearTimeout(waiting); waiting = setTimeout(draw, 100); });
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);`;

// The report as one HTML file that needs no network and no script.
import { requireArgument } from '../errors.js';
import { colours, escaped, htmlPage, tableHtml } from '../report/html.js';
import { bytesText, countText } from '../report/table.js';
import { flipTable, noiseBars, spreadSvg } from './drawings.js';
import type { LayerReport } from './layer-report.js';
import type { ExplainReport } from './report.js';
import { decibelText, fileText, percent } from './summary.js';
import { doneText, findingGroups, trialText } from './text.js';

const shownBars = 30;
const shownFindings = 3;

/** `title`: names the two files. */
export function explainPage(report: ExplainReport, title = 'What compression did'): string {
  requireArgument(Array.isArray(report?.summary), 'the report of explain()', 'explainPage', report);
  const { summary, answers, layers, findings, advice, spreads } = report;
  const sections = [
    `<section class="summary">${summary.map((sentence) => `<p>${escaped(sentence)}</p>`).join('')}</section>`,
    facts(report),
    section('What to do', adviceHtml(advice)),
    section('Causes', findingHtml(findings)),
    section('Own noise of the layers', layers.length === 0 ? '' : barsHtml(layers)),
    section('Worst layers, before and after', spreads.length === 0 ? '' : spreadHtml(report)),
    section(
      'Answers that changed',
      answers === null || answers.flips.length === 0 ? '' : flipHtml(answers.flips),
    ),
    section('Classes', answers === null ? '' : classHtml(answers.classes)),
    section('Layers', layers.length === 0 ? '' : `<div class="scroll">${layerTable(layers)}</div>`),
  ];
  return htmlPage({
    title,
    style,
    body: [`<h1>${escaped(title)}</h1>`, ...sections.filter(Boolean)].join('\n'),
  });
}

const section = (title: string, body: string): string =>
  body === '' ? '' : `<section>\n<h2>${title}</h2>\n${body}\n</section>`;

function facts({ size, macs, latency, sqnr, answers }: ExplainReport): string {
  const pair = (before: string, after: string): string => `${before} → ${after}`;
  const entries: (readonly [string, string])[] = [
    ['file', pair(fileText(size.original), fileText(size.compressed))],
    ['multiply-accumulates', pair(countText(macs.original), countText(macs.compressed))],
    ['signal over error', decibelText(sqnr)],
    ...(latency === null
      ? []
      : [['median, ms', pair(latency.original.p50.toFixed(3), latency.compressed.p50.toFixed(3))] as const]),
    ...(answers === null
      ? []
      : ([
          ['right', pair(percent(answers.original.share), percent(answers.compressed.share))],
          ['of chance, p', answers.p.toPrecision(2)],
          ['same answer', percent(answers.agreement.share)],
          [
            'calibration error',
            pair(
              percent(answers.confidence.original.calibrationError),
              percent(answers.confidence.compressed.calibrationError),
            ),
          ],
        ] as const)),
  ];
  return `<dl>${entries.map(([name, value]) => `<div><dt>${name}</dt><dd>${escaped(value)}</dd></div>`).join('')}</dl>`;
}

const adviceHtml = (advice: ExplainReport['advice']): string =>
  advice
    .map(
      ({ text, command, trial }) =>
        `<div class="card"><p>${escaped(text)}</p>${trial === null ? '' : `<p class="figure">${escaped(trialText(trial))}</p>`}${command === null ? '' : `<pre>${escaped(command)}</pre>`}</div>`,
    )
    .join('\n');

const findingHtml = (findings: ExplainReport['findings']): string =>
  findingGroups(findings, shownFindings)
    .flatMap(({ shown, rest }) => [
      ...shown.map(
        ({ cause, severity, layer, message, remedy }) =>
          `<div class="card ${severity}"><p><b>${escaped(cause)}</b>${layer === null ? '' : ` at <code>${escaped(layer)}</code>`}</p><p>${escaped(message)}</p><p class="quiet">${escaped(remedy)}</p></div>`,
      ),
      ...(rest.length === 0
        ? []
        : [
            `<p class="quiet">and at ${rest.map(({ layer }) => `<code>${escaped(layer ?? '')}</code>`).join(', ')}</p>`,
          ]),
    ])
    .join('\n');

function barsHtml(layers: readonly LayerReport[]): string {
  const rows = layers.flatMap(({ name, ownSqnr, share }) =>
    ownSqnr === null ? [] : [{ name, own: ownSqnr, share }],
  );
  const rest = rows.length - shownBars;
  return `<p class="quiet">Those that cost most at the end come first; the longer the bar, the more error the layer adds when its inputs are exact. Beside it: signal over that error, and its share of the error at the end.</p>
${noiseBars(rows.slice(0, shownBars))}${rest > 0 ? `\n<p class="quiet">and ${rest} more</p>` : ''}`;
}

const spreadHtml = ({
  spreads,
}: ExplainReport): string => `<p class="quiet"><i class="key" style="background: ${colours[0]}; opacity: .5"></i> original
<i class="key" style="background: ${colours[1]}"></i> compressed, shares on a logarithmic scale. Ticks are steps of the rounding; what is shaded lies outside its range.</p>
<div class="spreads">
${spreads
  .flatMap(({ layer, spreads: own }) =>
    own.map(
      (spread) =>
        `<figure><figcaption><code>${escaped(layer)}</code>, ${spread.what}</figcaption>${spreadSvg(spread)}</figure>`,
    ),
  )
  .join('\n')}
</div>`;

const flipHtml = (flips: Parameters<typeof flipTable>[0]): string =>
  `<p class="quiet">Down: what the original chose. Across: what the compressed model chose.</p>\n${flipTable(flips)}`;

const classHtml = (classes: NonNullable<ExplainReport['answers']>['classes']): string =>
  tableHtml({
    titles: ['class', 'samples', 'original', 'compressed', 'change'],
    rows: classes
      .slice(0, 20)
      .map(({ label, samples, original, compressed }) => [
        `${label}`,
        `${samples}`,
        percent(original),
        percent(compressed),
        `${compressed > original ? '+' : ''}${(100 * (compressed - original)).toFixed(1)}`,
      ]),
  });

const layerTable = (layers: readonly LayerReport[]): string =>
  tableHtml({
    titles: ['layer', 'operator', 'form', 'of error', 'own', 'with inherited', 'ms', 'bytes'],
    rows: layers.map((layer) => [
      layer.name,
      layer.op,
      doneText(layer),
      layer.share === null ? '-' : percent(layer.share),
      decibelText(layer.ownSqnr),
      decibelText(layer.sqnr),
      layer.milliseconds === null
        ? '-'
        : `${layer.milliseconds.before.toFixed(3)} → ${layer.milliseconds.after.toFixed(3)}`,
      `${bytesText(layer.bytes.before)} → ${bytesText(layer.bytes.after)}`,
    ]),
  });

const style = `h1 { overflow-wrap: anywhere; }
section { margin: 0 0 2rem; }
p { margin: 0 0 .4rem; max-width: 50rem; }
.summary { font-size: 1.05rem; }
.quiet { color: var(--quiet); font-size: .9rem; }
.figure { font-variant-numeric: tabular-nums; font-size: .9rem; }
.card { border-left: 3px solid var(--faint); padding: .1rem 0 .1rem .8rem; margin: .6rem 0; overflow-wrap: anywhere; }
.card.fault { border-color: ${colours[1]}; }
pre { margin: .2rem 0 0; padding: .5rem .7rem; background: var(--faint); border-radius: 4px; white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
code { font-size: .9em; }
.bars { display: grid; grid-template-columns: minmax(5rem, 16rem) minmax(4rem, 1fr) auto; gap: .2rem .8rem; align-items: center; }
.bars .name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; font-size: .9rem; }
.bars .bar { background: var(--faint); height: .7rem; border-radius: 2px; }
.bars i { display: block; height: 100%; background: ${colours[0]}; border-radius: 2px; }
.spreads { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 420px), 1fr)); gap: 1.2rem 2rem; }
figure { margin: 0; min-width: 0; }
figcaption { font-size: .9rem; overflow-wrap: anywhere; }
svg { display: block; width: 100%; }
svg text { font-size: 12px; fill: var(--quiet); font-variant-numeric: tabular-nums; }
.key { display: inline-block; width: .9rem; height: .7rem; border-radius: 2px; }
.scroll { overflow-x: auto; }
table { margin-top: .5rem; font-size: .9rem; }
th, td { text-align: right; padding: .2rem .6rem; border-bottom: 1px solid var(--faint); white-space: nowrap; }
th { color: var(--quiet); font-weight: 500; }
td:first-child, th:first-child { text-align: left; }
.flips td { min-width: 1.6rem; text-align: center; }
.flips .same { background: var(--faint); }`;

// The report as text for a terminal.
import { requireArgument } from '../errors.js';
import { bytesText, countText, table } from '../report/table.js';
import type { Advice, Trial } from './advice.js';
import type { AnswerReport, Confidence, Share } from './answers.js';
import type { Finding } from './causes/cause.js';
import type { LayerReport } from './layer-report.js';
import type { ExplainReport } from './report.js';
import { decibelText, fileText, percent } from './summary.js';

const shownLayers = 12;
const shownRows = 6;
const shownFindings = 4;
const columns = 100;

/** Lines of at most 100 characters where words allow it; tables are as wide as names make them. */
export function explainText(report: ExplainReport): string {
  requireArgument(Array.isArray(report?.summary), 'the report of explain()', 'explainText', report);
  return [
    wrapped(report.summary.join(' ')),
    costTable(report),
    ...(report.answers === null ? [] : answerParts(report.answers)),
    ...(report.layers.length === 0 ? [] : [layerTable(report.layers)]),
    ...(report.findings.length === 0 ? [] : [findingList(report.findings)]),
    ...(report.advice.length === 0 ? [] : [adviceList(report.advice)]),
  ].join('\n\n');
}

/** Breaks a paragraph into lines that begin so: the first one, and the others. */
export function wrapped(text: string, first = '', others = first): string {
  const lines: string[] = [];
  let line = first;
  let empty = true;
  for (const word of text.split(' ')) {
    if (!empty && line.length + 1 + word.length > columns) {
      lines.push(line);
      [line, empty] = [others, true];
    }
    line += empty ? word : ` ${word}`;
    empty = false;
  }
  return [...lines, line].join('\n');
}

function costTable({ size, macs, latency, sqnr }: ExplainReport): string {
  const kinds = [...new Set([size.original, size.compressed].flatMap(({ weights }) => Object.keys(weights)))];
  const bytes = (value: number | undefined): string => (value === undefined ? '-' : bytesText(value));
  const rows: (readonly [string, string, string])[] = [
    ['file', fileText(size.original), fileText(size.compressed)],
    ...kinds.map(
      (kind) =>
        [
          `  ${kind} constants`,
          bytes(size.original.weights[kind]),
          bytes(size.compressed.weights[kind]),
        ] as const,
    ),
    ['  all else', bytesText(size.original.overhead), bytesText(size.compressed.overhead)],
    ['multiply-accumulates', countText(macs.original), countText(macs.compressed)],
    ...(latency === null
      ? []
      : (['min', 'p50', 'p99'] as const).map(
          (key) =>
            [`${key}, ms`, latency.original[key].toFixed(3), latency.compressed[key].toFixed(3)] as const,
        )),
    ['signal over error', '', decibelText(sqnr)],
  ];
  return table(
    [{ title: '' }, { title: 'original', align: 'right' }, { title: 'compressed', align: 'right' }],
    rows,
  );
}

const shareText = ({ share, low, high }: Share): string =>
  `${percent(share)} (${percent(low)} to ${percent(high)})`;

function answerParts({
  original,
  compressed,
  agreement,
  confidence,
  classes,
  flips,
}: AnswerReport): readonly string[] {
  const mean = (of: Confidence, key: 'right' | 'wrong'): string =>
    of[key] === null ? '-' : percent(of[key]);
  const rows = [
    ['right, with 95 % interval', shareText(original), shareText(compressed)],
    ['same answer', '', shareText(agreement)],
    ['mean confidence when right', mean(confidence.original, 'right'), mean(confidence.compressed, 'right')],
    ['mean confidence when wrong', mean(confidence.original, 'wrong'), mean(confidence.compressed, 'wrong')],
    [
      'expected calibration error',
      percent(confidence.original.calibrationError, 2),
      percent(confidence.compressed.calibrationError, 2),
    ],
  ];
  const losing = classes.filter((change) => change.compressed < change.original).slice(0, shownRows);
  return [
    table(
      [{ title: '' }, { title: 'original', align: 'right' }, { title: 'compressed', align: 'right' }],
      rows,
    ),
    ...(losing.length === 0
      ? []
      : [
          table(
            [
              { title: 'class that loses' },
              { title: 'samples' },
              { title: 'original', align: 'right' },
              { title: 'compressed', align: 'right' },
            ],
            losing.map((change) => [
              change.label,
              change.samples,
              percent(change.original),
              percent(change.compressed),
            ]),
          ),
        ]),
    ...(flips.length === 0
      ? []
      : [
          table(
            [
              { title: 'answer changes from' },
              { title: 'to' },
              { title: 'samples' },
              { title: 'lost' },
              { title: 'won' },
            ],
            flips
              .slice(0, shownRows)
              .map(({ from, to, samples, lost, won }) => [from, to, samples, lost, won]),
          ),
        ]),
  ];
}

/** "int8 a channel, 8-bit output". */
export function doneText(layer: LayerReport): string {
  const { weightBits, perChannel, outputBits, zeros, channels } = layer;
  const weights =
    weightBits === null
      ? []
      : weightBits >= 16
        ? [`float${weightBits}`]
        : [`${weightBits} bit${perChannel === null ? '' : perChannel ? ' per channel' : ' per tensor'}`];
  return [
    ...weights,
    ...(channels !== null && channels.before !== channels.after
      ? [`${channels.before} -> ${channels.after} channels`]
      : []),
    ...(zeros !== null && zeros >= 0.2 && (weightBits ?? 8) > 2 ? [`${percent(zeros, 0)} zeros`] : []),
    outputBits >= 16 ? 'float out' : `${outputBits}-bit out`,
  ].join(', ');
}

function layerTable(layers: readonly LayerReport[]): string {
  const shown = layers.slice(0, shownLayers);
  const timed = shown.some(({ milliseconds }) => milliseconds !== null);
  const rest = layers.length - shown.length;
  return [
    table(
      [
        { title: 'layers by cost' },
        { title: 'operator' },
        { title: 'form' },
        { title: 'of error', align: 'right' },
        { title: 'own', align: 'right' },
        { title: 'with inherited', align: 'right' },
        ...(timed ? [{ title: 'ms', align: 'right' as const }] : []),
        { title: 'bytes', align: 'right' },
      ],
      shown.map((layer) => [
        layer.name,
        layer.op,
        doneText(layer),
        layer.share === null ? '-' : percent(layer.share),
        decibelText(layer.ownSqnr),
        decibelText(layer.sqnr),
        ...(timed
          ? [`${layer.milliseconds!.before.toFixed(3)} -> ${layer.milliseconds!.after.toFixed(3)}`]
          : []),
        `${bytesText(layer.bytes.before)} -> ${bytesText(layer.bytes.after)}`,
      ]),
    ),
    ...(rest > 0 ? [`and ${rest} more (--json lists all)`] : []),
  ].join('\n');
}

/** Findings of one cause stand together, no more than so many of each: one cause in all layers would else fill the screen. */
export const findingGroups = (
  findings: readonly Finding[],
  most: number,
): readonly { readonly shown: readonly Finding[]; readonly rest: readonly Finding[] }[] =>
  [...new Set(findings.map(({ cause }) => cause))].map((name) => {
    const all = findings.filter(({ cause }) => cause === name);
    return { shown: all.slice(0, most), rest: all.slice(most) };
  });

function findingList(findings: readonly Finding[]): string {
  const entries = findingGroups(findings, shownFindings).flatMap(({ shown, rest }) => [
    ...shown.map(({ cause, severity, layer, message }) => {
      const where = layer === null ? '' : `, '${layer}'`;
      return wrapped(`${cause}${severity === 'hint' ? ' (hint)' : ''}${where}: ${message}`, '  - ', '    ');
    }),
    ...(rest.length > 0 ? [`  - ${shown[0]!.cause}: and ${rest.length} more (--json lists all)`] : []),
  ]);
  return ['causes:', ...entries].join('\n');
}

function adviceList(advice: readonly Advice[]): string {
  const entries = advice.flatMap(({ text, command, trial }) => [
    wrapped(`${text}${trial === null ? '' : ` Measured: ${trialText(trial)}.`}`, '  - ', '    '),
    ...(command === null ? [] : [`      ${command}`]),
  ]);
  return ['what to do:', ...entries].join('\n');
}

/** "26.6 -> 31.2 dB, right 75.1 % -> 75.6 %". */
export function trialText({ sqnrBefore, sqnrAfter, accuracyBefore, accuracyAfter }: Trial): string {
  const answers =
    accuracyBefore === null || accuracyAfter === null
      ? ''
      : `, right ${percent(accuracyBefore.share)} -> ${percent(accuracyAfter.share)}`;
  return `${decibelText(sqnrBefore)} -> ${decibelText(sqnrAfter)} at the end${answers}`;
}

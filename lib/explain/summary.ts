// The report in a few sentences of plain words.
import { bytesText, counted } from '../report/table.js';
import type { Advice } from './advice.js';
import type { AnswerReport } from './answers.js';
import type { StoredSize } from './costs.js';
import type { ExplainReport } from './report.js';

export const percent = (share: number, digits = 1): string => `${(100 * share).toFixed(digits)} %`;
export const decibelText = (value: number | null): string =>
  value === null ? '-' : value === Number.POSITIVE_INFINITY ? 'exact' : `${value.toFixed(1)} dB`;

/** Below this probability of chance a difference counts (McNemar). */
const significant = 0.05;

/** dB that a remedy must gain to be told first. */
const worthSaying = 1;

/** More sentences nobody reads. */
const mostSentences = 6;

export function summaryOf(report: Omit<ExplainReport, 'summary'>): readonly string[] {
  const { answers } = report;
  const sentences = [
    sizeSentence(report),
    ...(answers === null ? [] : [answerSentence(answers)]),
    ...noiseSentences(report),
    ...causeSentence(report),
    ...adviceSentence(report),
  ];
  const classes = answers === null || sentences.length >= mostSentences ? [] : classSentence(answers);
  return [...sentences.slice(0, 2), ...classes, ...sentences.slice(2)];
}

/** Bytes of a file, and whether there is one. */
export const fileText = ({ file, written }: StoredSize): string =>
  written ? `${bytesText(file)} as kompakt writes it` : bytesText(file);

function sizeSentence({ size, latency }: Omit<ExplainReport, 'summary'>): string {
  const [before, after] = [size.original.file, size.compressed.file];
  const ratio = after === 0 ? 1 : before / after;
  const smaller =
    ratio >= 1.02
      ? `is ${ratio.toFixed(1)} times smaller`
      : ratio <= 0.98
        ? `is ${(1 / ratio).toFixed(2)} times LARGER`
        : 'is as large';
  const bytes = `(${fileText(size.original)} -> ${fileText(size.compressed)})`;
  if (latency === null) return `The compressed model ${smaller} ${bytes}.`;
  const speed = 1 / latency.ratio;
  const faster =
    speed >= 1.03
      ? `${speed.toFixed(2)} times faster`
      : speed <= 0.97
        ? `${(1 / speed).toFixed(2)} times SLOWER`
        : 'as fast';
  return `The compressed model ${smaller} ${bytes} and ${faster} (median ${latency.original.p50.toFixed(3)} -> ${latency.compressed.p50.toFixed(3)} ms, ${latency.threads} ${latency.threads === 1 ? 'thread' : 'threads'}).`;
}

function answerSentence(answers: AnswerReport): string {
  const { original, compressed, originalOnly, compressedOnly, p, samples } = answers;
  const change = `${percent(original.share)} -> ${percent(compressed.share)} of ${counted(samples, 'sample')}`;
  const pair = `${originalOnly} answers lost, ${compressedOnly} won, p ${p < 0.001 ? '< 0.001' : `= ${p.toFixed(3)}`}`;
  if (p < significant)
    return compressed.share < original.share
      ? `It is right less often: ${change} (${pair}), more than chance explains.`
      : `It is right more often: ${change} (${pair}), more than chance explains.`;
  return `It is right as often as far as these samples can tell: ${change} (${pair}); the difference may be chance.`;
}

function noiseSentences({
  sameArchitecture,
  sqnr,
  layers,
}: Omit<ExplainReport, 'summary'>): readonly string[] {
  const outputs =
    sqnr === null
      ? 'The outputs of the two cannot be compared as numbers.'
      : sqnr === Number.POSITIVE_INFINITY
        ? 'Its outputs are those of the original to the last bit.'
        : sqnr < 0
          ? 'The error of its outputs is larger than the original outputs themselves.'
          : `Its outputs are the original's with a signal ${sqnr.toFixed(1)} dB above the error${quality(sqnr)}.`;
  if (!sameArchitecture)
    return [
      outputs,
      'It is another architecture than the original: layers cannot be compared, only outputs, answers and costs.',
    ];
  const loud = layers.filter(({ share }) => share !== null && share > 0).slice(0, 3);
  const all = loud.reduce((sum, { share }) => sum + share!, 0);
  if (loud.length === 0) return [outputs];
  const names = loud.map(({ name, share }) => `'${name}' ${percent(share!, 0)}`).join(', ');
  return [
    outputs,
    all > 0.5
      ? `Most of that error comes from ${loud.length === 1 ? 'one layer' : 'few layers'}: ${names}.`
      : `No layer stands out: the loudest are ${names} of what the layers make on their own.`,
  ];
}

/** What a signal-to-noise ratio at the end of a classifier usually means. */
const quality = (sqnr: number): string =>
  sqnr >= 30
    ? ', which seldom changes an answer'
    : sqnr >= 15
      ? ', which changes close answers'
      : ', which changes many answers';

function classSentence({ classes }: AnswerReport): readonly string[] {
  const losing = classes.filter((change) => change.compressed < change.original).slice(0, 3);
  if (losing.length === 0) return [];
  const text = losing
    .map(
      ({ label, original, compressed }) => `${label} (${percent(original, 0)} -> ${percent(compressed, 0)})`,
    )
    .join(', ');
  return [`Classes that lose most: ${text}.`];
}

function causeSentence({ findings }: Omit<ExplainReport, 'summary'>): readonly string[] {
  const faults = findings.filter(({ severity }) => severity === 'fault');
  const [first] = faults;
  if (first === undefined) return [];
  const where = first.layer === null ? '' : ` at '${first.layer}'`;
  const rest = faults.length === 1 ? '' : ` (and ${faults.length - 1} more below)`;
  return [`A likely cause is ${first.cause}${where}${rest}: ${first.message}`];
}

function adviceSentence({ advice }: Omit<ExplainReport, 'summary'>): readonly string[] {
  const gain = ({ trial }: Advice): number => (trial === null ? 0 : trial.sqnrAfter - trial.sqnrBefore);
  const best = [...advice].sort((a, b) => gain(b) - gain(a))[0];
  if (best === undefined || gain(best) < worthSaying) return [];
  return [
    `What helps most of what was tried: ${best.text} ${decibelText(best.trial!.sqnrBefore)} -> ${decibelText(best.trial!.sqnrAfter)}.`,
  ];
}

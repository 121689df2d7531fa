// The lines that a budget draws, and how far a candidate is from keeping each.
import { bytesText } from '../../report/table.js';
import type { Budget } from './budget.js';
import type { Loss, Measures, OriginalMeasures } from './measures.js';

/** What a line limits. Methods ask for it to know which of them can help. */
export type Resource = 'accuracy' | 'latency' | 'bytes' | 'deflated';

/** One line of the budget. */
export interface Line {
  readonly name: keyof Budget;
  /** In the unit of the option. */
  readonly limit: number;
  readonly resource: Resource;
  /** "drop of at most 0.50 points". */
  readonly text: string;
  /** What a candidate has of it, in words. */
  readonly got: (measures: Measures) => string;
  /** How far a candidate is over the line as a share of what the line allows: 0 or less keeps it. */
  readonly excess: (measures: Measures) => number;
}

const points = (value: number): string => `${value.toFixed(2)} points`;
const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
const milliseconds = (value: number): string => `${value.toPrecision(3)} ms`;
const times = (value: number): string => `${value.toFixed(2)} times`;

/** An excess of points is counted in allowances of at least this many. */
const leastAllowance = 1;

/** The lines that a budget draws, for an original with these measures. */
export function linesOf(budget: Budget, original: OriginalMeasures): readonly Line[] {
  /** In parts of the points below the accuracy of the original that are allowed. */
  const accuracyLine = (allowed: number, over: (accuracy: Loss) => number): Line['excess'] => {
    const unit = Math.max(allowed, leastAllowance);
    return ({ accuracy }) => over(accuracy) / unit;
  };
  const makers: {
    readonly [name in keyof Budget]-?: (limit: number) => Omit<Line, 'name' | 'limit'>;
  } = {
    maxDrop: (limit) => ({
      resource: 'accuracy',
      text: `a drop of at most ${points(limit)}`,
      got: ({ accuracy }) => `a drop of ${points(accuracy.drop)}`,
      excess: accuracyLine(limit, ({ drop }) => drop - limit),
    }),
    minAccuracy: (limit) => ({
      resource: 'accuracy',
      text: `accuracy of at least ${percent(limit / 100)}`,
      got: ({ accuracy }) => percent(accuracy.share),
      // Of whole numbers: a quotient that is rounded once is the limit where it is meant to be.
      excess: accuracyLine(
        100 * original.accuracy.share - limit,
        ({ right, samples }) => limit - (100 * right) / samples,
      ),
    }),
    maxLatency: (limit) => ({
      resource: 'latency',
      text: `at most ${milliseconds(limit)}`,
      got: ({ latency }) => milliseconds(latency.milliseconds),
      excess: ({ latency }) => latency.milliseconds / limit - 1,
    }),
    speedUp: (limit) => ({
      resource: 'latency',
      text: `at least ${times(limit)} as fast`,
      got: ({ latency }) => `${times(latency.speedUp)} as fast`,
      excess: ({ latency }) => limit / latency.speedUp - 1,
    }),
    maxBytes: (limit) => ({
      resource: 'bytes',
      text: `a file of at most ${bytesText(limit)}`,
      got: ({ bytes }) => bytesText(bytes.file),
      excess: ({ bytes }) => bytes.file / limit - 1,
    }),
    ratio: (limit) => ({
      resource: 'bytes',
      text: `a file at least ${times(limit)} smaller`,
      got: ({ bytes }) => `${times(original.bytes.file / bytes.file)} smaller`,
      // The quotient as it is rounded where it is told: a product with it may be a little more.
      excess: ({ bytes }) => limit / (original.bytes.file / bytes.file) - 1,
    }),
    maxDeflatedBytes: (limit) => ({
      resource: 'deflated',
      text: `a compressed file of at most ${bytesText(limit)}`,
      got: ({ bytes }) => `${bytesText(bytes.deflated)} compressed`,
      excess: ({ bytes }) => bytes.deflated / limit - 1,
    }),
  };
  return (Object.keys(makers) as (keyof Budget)[]).flatMap((name) => {
    const limit = budget[name];
    return limit === undefined ? [] : [{ name, limit, ...makers[name](limit) }];
  });
}

/** A line that a candidate does not keep. */
export interface Breach {
  readonly line: keyof Budget;
  readonly resource: Resource;
  /** "a drop of at most 0.50 points: has a drop of 3.00 points". */
  readonly text: string;
  readonly excess: number;
}

/** The lines that a candidate breaks; none when it keeps the budget. */
export const breachesOf = (lines: readonly Line[], measures: Measures): readonly Breach[] =>
  lines.flatMap(({ name, resource, text, got, excess }) => {
    const over = excess(measures);
    if (over <= 0) return [];
    return [{ line: name, resource, text: `${text}: has ${got(measures)}`, excess: over }];
  });

/** "50 %", "a factor of 3": how far over a line something is. */
export const overText = (excess: number): string =>
  excess < 1
    ? `${Math.max(1, Math.round(100 * excess))} %`
    : `a factor of ${Number((1 + excess).toPrecision(2))}`;

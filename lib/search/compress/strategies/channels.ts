// Fewer channels: pruned to a share of the multiply-accumulates, taught by the original, then INT8. The share is searched for: more
// channels while accuracy lacks, fewer while size or speed do, or while there is something to win.
import { type Candidate, isCandidate, type Trial } from '../trial.js';
import { accuracyKept, distillStep, madeBy, quantizeStep, spare } from './common.js';
import type { Findings, Proposal, Strategy } from './strategy.js';

const mostTrials = 4;
/** Shares nearer to each other than this make much the same model. */
const resolution = 0.08;
const leastShare = 0.04;
/** Shares that cannot be reached, because too many channels must stay: so many are tried. They cost no training. */
const mostFailures = 2;
/** What is tried first when INT8 keeps all lines. */
const usualShare = 0.5;

export const channels: Strategy = {
  name: 'channels',
  summary: 'fewer channels, taught by the original, in INT8',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { objective, candidates, skip } = findings;
    const kept = candidates.find(({ number, keeps }) => number > 0 && keeps);
    if (objective === 'accuracy' && kept !== undefined)
      return skip(
        'fewer channels',
        `trial ${kept.number} keeps the budget, and fewer channels are hardly more accurate`,
      );
    const [int8] = madeBy(findings, 'int8');
    const need = int8 === undefined ? 1 : 1 + tooMuch(findings, int8);
    let [low, high] = [0, 1];
    let macs = need > 1 ? spare / need : usualShare;
    let [tried, failed] = [0, 0];
    while (tried < mostTrials && high - low > resolution && macs >= leastShare) {
      const trial = yield { steps: stepsTo(findings, macs), why: whyOf(tried + failed, need, kept) };
      if (!isCandidate(trial)) {
        if (trial.failure?.code !== 'KPT_OPTION_INVALID' || ++failed > mostFailures) return;
        low = macs;
        // What can be reached may be little more: the mean of factors, not of shares.
        macs = Math.sqrt(low * high);
        continue;
      }
      tried++;
      const over = tooMuch(findings, trial);
      const wrong = findings.excess(trial, 'accuracy') > 0;
      if (over > 0 && wrong)
        return skip(
          'other numbers of channels',
          `trial ${trial.number} is too inaccurate with these channels, and too large or slow with more`,
        );
      if (wrong || (over === 0 && objective === 'accuracy')) low = macs;
      else high = macs;
      macs = over > 0 ? enough(findings, { macs, trial, int8, low }) : (low + high) / 2;
    }
  },
};

/** The share that should be small enough, above `low`, by what one that is too large came to. Bytes and times have a part that does not go
 *  with the work: they lie on a line through those of INT8, which has all of it. */
function enough(
  { excess }: Findings,
  {
    macs,
    trial,
    int8,
    low,
  }: {
    readonly macs: number;
    readonly trial: Candidate;
    readonly int8: Candidate | undefined;
    readonly low: number;
  },
): number {
  const shares = sizes.flatMap((resource) => {
    const over = excess(trial, resource);
    if (over <= 0) return [];
    const gained = int8 === undefined ? 0 : excess(int8, resource) - over;
    return [gained > 0 ? macs - ((1 + over - spare) * (1 - macs)) / gained : (macs * spare) / (1 + over)];
  });
  return Math.max(low + (macs - low) / 4, Math.min(...shares));
}

/** What fewer channels make smaller. */
const sizes = ['bytes', 'deflated', 'latency'] as const;

/** How far a candidate is over the lines that fewer channels help to keep. */
const tooMuch = ({ excess }: Findings, candidate: Candidate): number =>
  Math.max(...sizes.map((resource) => excess(candidate, resource)));

function whyOf(before: number, need: number, kept: Candidate | undefined): string {
  if (before > 0) return 'between what was too much and what was too little';
  if (need > 1) return `INT8 is ${need.toFixed(2)} times what the budget allows`;
  return kept === undefined
    ? 'less work in all layers'
    : `trial ${kept.number} keeps the budget; there may be something left to win`;
}

function stepsTo(findings: Findings, macs: number): Proposal['steps'] {
  const { settings } = findings;
  const int8 = madeBy(findings, 'int8');
  // Where calibration costs too much accuracy, the smaller model is trained with its roundings too.
  const calibrated = int8.length === 0 || accuracyKept(findings, int8) !== undefined;
  return [
    { method: 'prune', channels: { macs: Number(macs.toFixed(3)) } },
    distillStep(settings, { learningRate: 0.001, temperature: 4 }),
    calibrated
      ? quantizeStep(settings)
      : distillStep(settings, { quantize: { samples: settings.calibrationSamples } }),
  ];
}

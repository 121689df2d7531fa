// Fewer channels: pruned to a share of the multiply-accumulates, taught by the original, then INT8. The share is found by bisection:
// more channels while accuracy lacks, fewer while size or speed do, or while there is something to win.
import { type Candidate, isCandidate, type Trial } from '../trial.js';
import { accuracyKept, distillStep, madeBy, quantizeStep, spare } from './common.js';
import type { Findings, Proposal, Strategy } from './strategy.js';

const mostTrials = 4;
/** Shares nearer to each other than this make much the same model. */
const resolution = 0.08;
const leastShare = 0.04;
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
    for (let i = 0; i < mostTrials && high - low > resolution && macs >= leastShare; i++) {
      const trial = yield { steps: stepsTo(findings, macs), why: whyOf(i, need, kept) };
      if (!isCandidate(trial)) return;
      const over = tooMuch(findings, trial);
      const wrong = findings.excess(trial, 'accuracy') > 0;
      if (over > 0 && wrong)
        return skip(
          'other numbers of channels',
          `trial ${trial.number} is too inaccurate with these channels, and too large or slow with more`,
        );
      if (wrong || (over === 0 && objective === 'accuracy')) low = macs;
      else high = macs;
      // What is too large says itself how much it is too large by.
      macs = over > 0 ? Math.max((low + macs) / 2, (macs * spare) / (1 + over)) : (low + high) / 2;
    }
  },
};

/** How far a candidate is over the lines that fewer channels help to keep. */
const tooMuch = ({ excess }: Findings, candidate: Candidate): number =>
  Math.max(...(['bytes', 'deflated', 'latency'] as const).map((resource) => excess(candidate, resource)));

function whyOf(tried: number, need: number, kept: Candidate | undefined): string {
  if (tried > 0) return 'between what was too much and what was too little';
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

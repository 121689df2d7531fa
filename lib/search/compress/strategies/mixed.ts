// INT8 with the most sensitive values left in float, more and more of them until the accuracy is kept.
import { bestOf } from '../choose.js';
import { isCandidate, type Trial } from '../trial.js';
import { accuracyKept, accuracyMatters, madeBy, outgrown, quantizeStep, quantizeStepOf } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

/** Signal over noise to keep at the end of the model, dB: from a rough likeness to hardly a difference. */
const ladder = [15, 20, 25, 30, 40];

export const mixed: Strategy = {
  name: 'mixed',
  summary: 'INT8 with the most sensitive values in float',
  trains: false,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, skip } = findings;
    const int8 = madeBy(findings, 'int8');
    const best = bestOf(int8, 'accuracy');
    if (best === undefined) return skip('sensitive values in float', 'no INT8 model was made to begin with');
    const grown = outgrown(findings, best);
    if (grown !== undefined)
      return skip('sensitive values in float', `${grown}, and float layers are larger and slower`);
    const kept = accuracyKept(findings, int8);
    if (kept !== undefined)
      return skip('sensitive values in float', `trial ${kept.number} keeps the accuracy in INT8`);
    const { calibrator, rounding } = quantizeStepOf(best)!;
    for (const keepSqnr of ladder) {
      const trial = yield {
        steps: [quantizeStep(settings, { calibrator, rounding, keepSqnr })],
        why: `INT8 drops ${best.measures.accuracy.drop.toFixed(2)} points; what hurts most goes back to float`,
      };
      if (!isCandidate(trial)) return;
      if (!accuracyMatters(findings, trial)) return;
      const now = outgrown(findings, trial);
      if (now !== undefined) return skip('more values in float', `${now} already`);
    }
  },
};

// Post-training INT8: as it comes, and then, while accuracy is what lacks, with other ways to find ranges and scales.
import { calibrators } from '../../../calibrate/index.js';
import { bestOf } from '../choose.js';
import { type Candidate, isCandidate, type Trial } from '../trial.js';
import { accuracyMatters, type OptionsOf, outgrown, quantizeStep, quantizeStepOf } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

export const int8: Strategy = {
  name: 'int8',
  summary: 'INT8 after training, with several ways to calibrate',
  trains: false,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, skip } = findings;
    const first = yield {
      steps: [quantizeStep(settings)],
      why: 'the cheapest way to a smaller and faster model',
    };
    if (!isCandidate(first)) return;
    const grown = outgrown(findings, first);
    if (grown !== undefined)
      return skip('other ways to calibrate', `${grown}, and they make it neither smaller nor faster`);
    if (!accuracyMatters(findings, first))
      return skip('other ways to calibrate', `trial ${first.number} keeps the accuracy`);
    const tried: Candidate[] = [first];
    for (const options of variants(tried)) {
      const trial = yield {
        steps: [quantizeStep(settings, options)],
        why: 'to be more accurate than INT8 as it comes',
      };
      if (!isCandidate(trial)) continue;
      tried.push(trial);
      if (!accuracyMatters(findings, trial)) return;
    }
  },
};

/** Weights rounded by what their products err, other calibrators, then the best of all without what usually helps. */
function* variants(tried: readonly Candidate[]): Generator<OptionsOf<'quantize'>> {
  yield { rounding: 'gptq' };
  const best = () => quantizeStepOf(bestOf(tried, 'accuracy')!)!;
  const { rounding } = best();
  const usual = quantizeStepOf(tried[0]!)!.calibrator;
  for (const { name } of calibrators) if (name !== usual) yield { calibrator: name, rounding };
  const { calibrator } = best();
  yield { calibrator, rounding, equalize: false };
  yield { calibrator, rounding, biasCorrection: false };
}

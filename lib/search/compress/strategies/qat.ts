// INT8 trained with its roundings, with the original as teacher: for what calibration alone cannot keep.

import { counted } from '../../../report/table.js';
import { bestOf } from '../choose.js';
import { isCandidate, type Trial } from '../trial.js';
import { accuracyKept, accuracyMatters, distillStep, madeBy, outgrown, quantizeStepOf } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

/** A second, longer training is worth its time when the first made up for this share of the drop. */
const promising = 0.3;
const longer = 3;

export const qat: Strategy = {
  name: 'qat',
  summary: 'INT8 trained with its roundings, taught by the original',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, skip } = findings;
    const before = madeBy(findings, 'int8', 'mixed');
    const int8 = bestOf(madeBy(findings, 'int8'), 'accuracy');
    const grown = int8 && outgrown(findings, int8);
    if (grown !== undefined)
      return skip('training in INT8', `${grown}, and training makes it neither smaller nor faster`);
    const kept = accuracyKept(findings, before);
    if (kept !== undefined)
      return skip('training in INT8', `trial ${kept.number} keeps the accuracy without it`);
    const calibrator = int8 && quantizeStepOf(int8)?.calibrator;
    const steps = (epochs: number): Proposal['steps'] => [
      distillStep(settings, {
        epochs,
        quantize: { samples: settings.calibrationSamples, ...(calibrator !== undefined && { calibrator }) },
      }),
    ];
    const drop = int8?.measures.accuracy.drop;
    const first = yield {
      steps: steps(settings.epochs),
      why:
        drop === undefined
          ? 'no calibrated INT8 model was made'
          : `calibrated INT8 drops ${drop.toFixed(2)} points`,
    };
    if (!isCandidate(first) || !accuracyMatters(findings, first) || drop === undefined) return;
    const gained = drop - first.measures.accuracy.drop;
    if (gained < promising * drop)
      return skip(
        'longer training in INT8',
        `${counted(settings.epochs, 'epoch')} made up for ${gained.toFixed(2)} of ${drop.toFixed(2)} points only`,
      );
    yield {
      steps: steps(longer * settings.epochs),
      why: `${counted(settings.epochs, 'epoch')} made up for ${gained.toFixed(2)} of ${drop.toFixed(2)} points`,
    };
  },
};

// Weights that are 0. They are stored and computed like others, so that neither the file is smaller nor the model faster: only a
// compressed file gains.
import { isCandidate, type Trial } from '../trial.js';
import { accuracyMatters, collapsed, distillStep, quantizeStep, smallerStart, spare } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

/** Sparser models are hopeless, or too small to need it. */
const most = 0.98;
const mostTrials = 3;

export const sparsity: Strategy = {
  name: 'sparsity',
  summary: 'INT8 with most weights 0, for a smaller compressed file',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, excess, skip } = findings;
    const start = smallerStart(findings, 'weights that are 0', ['deflated']);
    if (start === undefined) return;
    let kept = spare / (1 + excess(start, 'deflated'));
    for (let i = 0; i < mostTrials; i++) {
      const share = Number(Math.min(most, 1 - kept).toFixed(3));
      const cheap = yield {
        steps: [{ method: 'prune', sparsity: share }, quantizeStep(settings)],
        why: 'INT8 is too large when compressed; zeros take hardly any room',
      };
      if (!isCandidate(cheap)) return;
      const over = excess(cheap, 'deflated');
      if (over > 0 && share < most) {
        kept *= spare / (1 + over);
        continue;
      }
      if (over > 0)
        return skip('more zeros', `with ${100 * most} % of them trial ${cheap.number} is still too large`);
      if (!accuracyMatters(findings, cheap)) return;
      const lost = collapsed(cheap, 1);
      if (lost !== undefined) return skip('training with zeros', lost);
      yield {
        steps: [
          distillStep(settings, {
            prune: { sparsity: share },
            quantize: { samples: settings.calibrationSamples },
          }),
        ],
        why: `without training the zeros drop ${cheap.measures.accuracy.drop.toFixed(2)} points`,
      };
      return;
    }
  },
};

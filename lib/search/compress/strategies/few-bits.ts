// Fewer bits a weight. They lie in bytes, so that neither the file is smaller nor the model faster: only a compressed file gains.
import { isCandidate, type Trial } from '../trial.js';
import { accuracyMatters, collapsed, distillStep, packedStart, quantizeStep, spare } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

export const fewBits: Strategy = {
  name: 'few-bits',
  summary: 'weights of fewer bits, for a smaller compressed file',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, excess, skip } = findings;
    const start = packedStart(findings, 'weights of fewer bits');
    if (start === undefined) return;
    let weightBits = Math.min(7, Math.max(2, Math.floor((8 * spare) / (1 + excess(start, 'deflated')))));
    for (; weightBits >= 2; weightBits--) {
      const bits = { samples: settings.calibrationSamples, weightBits };
      const cheap = yield {
        steps: [quantizeStep(settings, bits)],
        why: `INT8 is too large when compressed; ${weightBits} bits may fit`,
      };
      if (!isCandidate(cheap)) return;
      const lost = collapsed(cheap);
      if (lost !== undefined) return skip(`training with ${weightBits} bits`, lost);
      if (excess(cheap, 'deflated') > 0) continue;
      if (!accuracyMatters(findings, cheap)) return;
      yield {
        steps: [distillStep(settings, { quantize: bits })],
        why: `without training ${weightBits} bits drop ${cheap.measures.accuracy.drop.toFixed(2)} points`,
      };
      return;
    }
  },
};

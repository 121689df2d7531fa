// Fewer bits a weight. Up to 4 are stored in half a byte; more lie in bytes, and only a compressed file gains. The model is not faster.
import { overText } from '../lines.js';
import { isCandidate, type Trial } from '../trial.js';
import { accuracyMatters, collapsed, distillStep, quantizeStep, smallerStart, spare } from './common.js';
import type { Proposal, Strategy } from './strategy.js';

/** Most bits of which two weights share a byte. */
const halfByte = 4;

export const fewBits: Strategy = {
  name: 'few-bits',
  summary: 'weights of fewer bits, for a smaller file',
  trains: true,
  *explore(findings): Generator<Proposal, void, Trial> {
    const { settings, excess, skip } = findings;
    const what = 'weights of fewer bits';
    const start = smallerStart(findings, what, ['bytes', 'deflated']);
    if (start === undefined) return;
    const over = excess(start, 'bytes');
    if (over > 1)
      return skip(what, `trial ${start.number} is ${overText(over)} too large, and at best they halve it`);
    const packed = Math.floor((8 * spare) / (1 + excess(start, 'deflated')));
    let weightBits = Math.min(over > 0 ? halfByte : 7, Math.max(2, packed));
    for (; weightBits >= 2; weightBits--) {
      const bits = { samples: settings.calibrationSamples, weightBits };
      const cheap = yield {
        steps: [quantizeStep(settings, bits)],
        why: `INT8 is too large${over > 0 ? '' : ' when compressed'}; ${weightBits} bits may fit`,
      };
      if (!isCandidate(cheap)) return;
      const left = excess(cheap, 'bytes');
      if (left > 0 && weightBits <= halfByte)
        return skip(
          'still fewer bits',
          `trial ${cheap.number} is ${overText(left)} too large, and fewer take as much room`,
        );
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

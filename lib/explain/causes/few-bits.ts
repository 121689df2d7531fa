// Weights of fewer than 8 bits that were rounded after training.
import { type Cause, decibelNumber, quantizedWeights } from './cause.js';

/** dB: a tenth of the signal is error. */
const bearable = 20;

export const fewBits: Cause = {
  name: 'few-bits',
  summary: 'weights of fewer than 8 bits that no training has made up for',
  find: ({ layers }) =>
    layers.flatMap((layer) => {
      const bits = quantizedWeights(layer)?.after.bits ?? 8;
      const { noise, pair } = layer;
      if (bits >= 8 || noise === undefined || noise.own.sqnr >= bearable) return [];
      return [
        {
          cause: fewBits.name,
          severity: 'fault' as const,
          layer: pair.name,
          message: `Weights of ${bits} bits leave ${decibelNumber(noise.own.sqnr)} of signal over error.`,
          evidence: { bits, sqnr: noise.own.sqnr },
          remedy:
            'Round them by what the outputs lose (kompakt quantize --weight-bits), train with these bits (kompakt finetune --weight-bits), or give the weights 8.',
          options: ['--weight-bits 8'],
        },
      ];
    }),
};

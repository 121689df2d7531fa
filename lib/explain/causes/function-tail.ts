// Functions whose results are mostly tiny or mostly near a bound: softmax, sigmoid and their kin.
import { type Cause, decibelNumber } from './cause.js';

/** dB: a tenth of the signal is error. */
const bearable = 20;

const functions: ReadonlySet<string> = new Set([
  ...['Softmax', 'LogSoftmax', 'Sigmoid', 'HardSigmoid', 'HardSwish', 'Swish', 'Gelu', 'Mish'],
  ...['Exp', 'Log', 'Sqrt', 'Reciprocal', 'Tanh', 'Erf', 'Softplus'],
]);

export const functionTail: Cause = {
  name: 'function-tail',
  summary: 'a softmax, sigmoid or the like whose small results 8 bits cannot tell apart',
  find: ({ layers }) =>
    layers.flatMap(({ pair, noise, quantizer }) => {
      if (
        quantizer === undefined ||
        noise === undefined ||
        !functions.has(pair.op) ||
        noise.own.sqnr >= bearable
      )
        return [];
      return [
        {
          cause: functionTail.name,
          severity: 'fault' as const,
          layer: pair.name,
          message: `${pair.op} in ${quantizer.bits} bits leaves ${decibelNumber(noise.own.sqnr)} of signal over error: its small results fall into one step of ${quantizer.scale.toPrecision(2)}.`,
          evidence: { sqnr: noise.own.sqnr, step: quantizer.scale },
          remedy: 'Keep this node in float.',
          options: [`--exclude-names ${pair.name}`],
        },
      ];
    }),
};

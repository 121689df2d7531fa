// The error of a channel is the same for all inputs: a bias could take it back.
import { type Cause, type Finding, type LayerFacts, shareText } from './cause.js';

/** Most of the error: what varies with the input is the smaller part. */
const most = 0.5;
/** dB: above it no error is worth a remedy. */
const harmless = 35;
/** Values of a channel from which a mean is told from chance: by chance it has one part in so many of the error. */
const leastCount = 32;

export const biasShift: Cause = {
  name: 'bias-shift',
  summary: 'the mean error of output channels is not 0',
  find: ({ layers }) => layers.flatMap((layer) => find(layer) ?? []),
};

/** Of quantised layers: what pruning takes away is not to be had back by a bias alone. */
function find({ pair, after, noise, statistics }: LayerFacts): Finding | undefined {
  if (
    after === undefined ||
    after.bits >= 16 ||
    noise === undefined ||
    statistics === undefined ||
    noise.own.sqnr >= harmless
  )
    return undefined;
  const channels = statistics.channels.filter(({ count }) => count >= leastCount);
  const all = channels.reduce((sum, channel) => sum + channel.noise, 0);
  const constant = channels.reduce((sum, { error, count }) => sum + error ** 2 / count, 0);
  if (all === 0 || constant < most * all) return undefined;
  const largest = channels.reduce(
    (best, channel, c) => {
      const shift = Math.abs(channel.error / channel.count);
      return shift > best.shift ? { channel: c, shift } : best;
    },
    { channel: 0, shift: 0 },
  );
  return {
    cause: biasShift.name,
    severity: 'fault',
    layer: pair.name,
    message: `${shareText(constant / all)} of its own error is a shift that is the same for every input, the largest in channel ${largest.channel}: a bias would take it back.`,
    evidence: { share: constant / all, channel: largest.channel, shift: largest.shift },
    remedy: 'Correct the biases: kompakt quantize does so unless it is told not to.',
    options: [],
  };
}

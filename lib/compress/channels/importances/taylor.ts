// How much the loss would change without a channel, to first order.
import type { Importance } from '../importance.js';

export const taylor: Importance = {
  name: 'taylor',
  summary: 'change of the loss without the channel, to first order, over labelled samples',
  source:
    'Molchanov et al. 2019, arXiv:1906.10771, equation 8 with a gate on each channel: the sum of weight times gradient over all weights that read it, squared, mean over batches. Gradients are those of the model before anything leaves.',
  needsData: true,
  comparable: true,
  scores: ({ count, parts }) => {
    const judged = parts.filter(({ role, effects }) => role === 'sums' && effects !== undefined);
    if (judged.length === 0) return undefined;
    const batches = judged[0]!.effects!.length;
    const scores = new Float64Array(count);
    for (let batch = 0; batch < batches; batch++) {
      const changes = new Float64Array(count);
      for (const { places, effects } of judged)
        places.forEach((place, i) => {
          if (place >= 0) changes[place]! += effects![batch]![i]!;
        });
      for (let c = 0; c < count; c++) scores[c]! += changes[c]! ** 2 / batches;
    }
    return scores;
  },
};

// One element of a sequence.
import { elementsIn, positionIn, sequenceOp } from './shared/sequence.js';

export const sequenceAt = sequenceOp({
  op: 'SequenceAt',
  since: 11,
  inputs: [2, 2],
  reference: (ctx) => {
    const elements = elementsIn(ctx, 0);
    return elements[positionIn(ctx, 1, elements.length - 1)];
  },
});

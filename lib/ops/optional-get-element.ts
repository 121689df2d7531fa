// The value of an optional.
import { expected, KompaktError } from '../errors.js';
import { inputValue } from './op.js';
import { sequenceOp } from './shared/sequence.js';

export const optionalGetElement = sequenceOp({
  op: 'OptionalGetElement',
  since: 15,
  inputs: [1, 1],
  reference: (ctx) => {
    const value = inputValue(ctx, 0);
    if (value.elements === null)
      throw new KompaktError('KPT_DATA_MALFORMED', expected('an optional with a value', ctx.where, 'none'));
    return value;
  },
});

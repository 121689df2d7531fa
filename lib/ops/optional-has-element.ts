// Whether an optional has a value.
import { sequenceOp } from './shared/sequence.js';
import { boolTensor } from './shared/subgraph.js';

export const optionalHasElement = sequenceOp({
  op: 'OptionalHasElement',
  since: 15,
  inputs: [0, 1],
  reference: ({ inputs: [value] }) => boolTensor(value !== undefined && value.elements !== null),
});

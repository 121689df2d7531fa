// Runs a body for every element of a sequence, together with tensors or the elements of further sequences.
import { sequence, type TensorValue } from '../tensor/tensor.js';
import {
  defineOp,
  graphAttr,
  inputValue,
  NeedsData,
  noMacs,
  notDifferentiable,
  type ReferenceContext,
  staysFloat,
} from './op.js';
import { illegalShape } from './shared/illegal.js';
import { elementsIn } from './shared/sequence.js';
import { runBody } from './shared/subgraph.js';

export const sequenceMap = defineOp({
  op: 'SequenceMap',
  domain: '',
  since: 17,
  inputs: [1, Number.POSITIVE_INFINITY],
  outputs: [1, Number.POSITIVE_INFINITY],
  attributes: { body: { type: 'graph' } },
  infer: () => {
    throw new NeedsData(0);
  },
  reference: (ctx: ReferenceContext): readonly TensorValue[] => {
    const body = graphAttr(ctx.node, 'body');
    const turns = elementsIn(ctx, 0).length;
    const inputs = ctx.inputs.map((_, i) => inputValue(ctx, i));
    const odd = inputs.find(({ elements }) => elements && elements.length < turns);
    if (odd !== undefined) illegalShape(`sequences of ${turns}`, ctx.where, odd.elements?.length);
    const results = Array.from({ length: turns }, (_, turn) =>
      runBody(
        ctx,
        body,
        inputs.map((value) => value.elements?.[turn] ?? value),
      ),
    );
    return body.outputs.map(({ dtype }, i) =>
      sequence(
        results[0]?.[i].dtype ?? dtype,
        results.map((outputs) => outputs[i]),
      ),
    );
  },
  gradient: notDifferentiable('the path through its bodies depends on data'),
  cost: noMacs,
  quantize: staysFloat('its body is a graph of its own'),
  lower: 'host',
  containers: true,
});

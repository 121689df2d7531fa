// GRU with gates z, r, h. linear_before_reset decides whether the reset gate comes before or after R.
import { gruBody } from './gradients/recurrent.js';
import { defineOp, intAttr, staysFloat } from './op.js';
import { costOf } from './shared/cost.js';
import {
  type CellStep,
  dotRow,
  inferRecurrent,
  type RecurrentForm,
  recurrentAttributes,
  recurrentChannels,
  recurrentMacs,
  referenceRecurrent,
} from './shared/recurrent.js';
import { lowerRecurrent } from './shared/recurrent-lowering.js';

const stepOf =
  (linearBeforeReset: boolean): CellStep =>
  ({ hidden, w, r, b, functions: [f, g], clip }, x, [h]) => {
    const gate = (k: number): Float64Array =>
      Float64Array.from({ length: hidden }, (_, i) => {
        const row = k * hidden + i;
        return f(clip(dotRow(w, row, x) + dotRow(r, row, h) + b[row] + b[3 * hidden + row]));
      });
    const update = gate(0);
    const reset = gate(1);
    const kept = reset.map((v, i) => v * h[i]);
    return [
      Float64Array.from({ length: hidden }, (_, i) => {
        const row = 2 * hidden + i;
        const bias = b[3 * hidden + row];
        const recurrent = linearBeforeReset
          ? reset[i] * (dotRow(r, row, h) + bias)
          : dotRow(r, row, kept) + bias;
        const candidate = g(clip(dotRow(w, row, x) + b[row] + recurrent));
        return (1 - update[i]) * candidate + update[i] * h[i];
      }),
    ];
  };

const form: Omit<RecurrentForm, 'step'> = {
  gates: 3,
  biases: 6,
  states: 1,
  peepholes: -1,
  activations: ['Sigmoid', 'Tanh'],
};

export const gru = defineOp({
  op: 'GRU',
  domain: '',
  since: 7,
  inputs: [3, 6],
  outputs: [0, 2],
  attributes: { ...recurrentAttributes, linear_before_reset: { type: 'int', default: 0 } },
  infer: (ctx) => inferRecurrent(form, ctx),
  reference: (ctx) =>
    referenceRecurrent({ ...form, step: stepOf(intAttr(ctx.node, 'linear_before_reset', 0) !== 0) }, ctx),
  learns: [1, 2, 3],
  gradient: { body: gruBody },
  cost: (ctx) => costOf(recurrentMacs(ctx, form.gates), ctx),
  quantize: staysFloat('recurrent states need more than 8 bits'),
  lower: (ctx) => lowerRecurrent('gru', ctx),
  channels: recurrentChannels,
});

// RNN: h = f(W x + Wb + R h + Rb).
import { defineOp, notDifferentiable, staysFloat } from './op.js';
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

const step: CellStep = ({ hidden, w, r, b, functions: [f], clip }, x, [h]) => [
  Float64Array.from({ length: hidden }, (_, i) =>
    f(clip(dotRow(w, i, x) + dotRow(r, i, h) + b[i] + b[hidden + i])),
  ),
];

const form: RecurrentForm = { gates: 1, biases: 2, states: 1, peepholes: -1, activations: ['Tanh'], step };

export const rnn = defineOp({
  op: 'RNN',
  domain: '',
  since: 7,
  inputs: [3, 6],
  outputs: [0, 2],
  attributes: recurrentAttributes,
  infer: (ctx) => inferRecurrent(form, ctx),
  reference: (ctx) => referenceRecurrent(form, ctx),
  gradient: notDifferentiable('no rule has been written for it'),
  cost: (ctx) => costOf(recurrentMacs(ctx, form.gates), ctx),
  quantize: staysFloat('recurrent states need more than 8 bits'),
  lower: (ctx) => lowerRecurrent('rnn', ctx),
  channels: recurrentChannels,
});

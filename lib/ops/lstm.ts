// LSTM with gates i, o, f, c and optional peepholes. Inputs: X, W, R, B?, sequence_lens?, initial_h?, initial_c?, P?.
import { lstmBody } from './gradients/recurrent.js';
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
  (coupled: boolean): CellStep =>
  ({ hidden, w, r, b, p, functions: [f, g, h], clip }, x, [state, memory]) => {
    const next = new Float64Array(hidden);
    const cells = new Float64Array(hidden);
    for (let i = 0; i < hidden; i++) {
      const sum = (gate: number): number => {
        const row = gate * hidden + i;
        return dotRow(w, row, x) + dotRow(r, row, state) + b[row] + b[4 * hidden + row];
      };
      const input = f(clip(sum(0) + p[i] * memory[i]));
      const forget = coupled ? 1 - input : f(clip(sum(2) + p[2 * hidden + i] * memory[i]));
      cells[i] = forget * memory[i] + input * g(clip(sum(3)));
      next[i] = f(clip(sum(1) + p[hidden + i] * cells[i])) * h(cells[i]);
    }
    return [next, cells];
  };

const form: Omit<RecurrentForm, 'step'> = {
  gates: 4,
  biases: 8,
  states: 2,
  peepholes: 7,
  activations: ['Sigmoid', 'Tanh', 'Tanh'],
};

export const lstm = defineOp({
  op: 'LSTM',
  domain: '',
  since: 7,
  inputs: [3, 8],
  outputs: [0, 3],
  attributes: { ...recurrentAttributes, input_forget: { type: 'int', default: 0 } },
  infer: (ctx) => inferRecurrent(form, ctx),
  reference: (ctx) =>
    referenceRecurrent({ ...form, step: stepOf(intAttr(ctx.node, 'input_forget', 0) !== 0) }, ctx),
  learns: [1, 2, 3],
  gradient: { body: lstmBody },
  cost: (ctx) => costOf(recurrentMacs(ctx, form.gates), ctx),
  quantize: staysFloat('recurrent states need more than 8 bits'),
  lower: (ctx) => lowerRecurrent('lstm', ctx),
  channels: recurrentChannels,
});

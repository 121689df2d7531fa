// DynamicQuantizeLinear: quantises to uint8 with the scale and zero point of the data at hand.
import { fromNumbers, tensor, toNumbers } from '../tensor/tensor.js';
import { type Buffer, defineOp, inputType, inputValue, noMacs, notDifferentiable, staysFloat } from './op.js';
import { checkType } from './shared/illegal.js';
import { quantizeValue, saturate } from './shared/quantized.js';
import { roundHalfEven } from './shared/rounding.js';

export const dynamicQuantizeLinear = defineOp({
  op: 'DynamicQuantizeLinear',
  domain: '',
  since: 11,
  inputs: [1, 1],
  outputs: [3, 3],
  attributes: {},
  infer: (ctx) => {
    const { dtype, dims } = inputType(ctx, 0);
    checkType(dtype, ['float32'], 'an input', ctx.where);
    return [
      { dtype: 'uint8', dims },
      { dtype: 'float32', dims: [] },
      { dtype: 'uint8', dims: [] },
    ];
  },
  reference: (ctx) => {
    const x = inputValue(ctx, 0);
    const values = toNumbers(x);
    const max = values.reduce((a, b) => Math.max(a, b), 0);
    const min = values.reduce((a, b) => Math.min(a, b), 0);
    const scale = max === min ? 1 : Math.fround(Math.fround(max - min) / 255);
    const zero = saturate(roundHalfEven(Math.fround(-min / scale)), 'uint8');
    const out = values.map((v) => quantizeValue(v, { scale, zero, dtype: 'uint8' }));
    return [
      fromNumbers('uint8', x.dims, out),
      tensor('float32', [], Float32Array.of(scale)),
      tensor('uint8', [], Uint8Array.of(zero)),
    ];
  },
  gradient: notDifferentiable('it computes with integers; train the float model'),
  cost: noMacs,
  quantize: staysFloat('its scales are only known at run time'),
  lower: (ctx) => {
    const layout = ctx.layoutOf(0);
    const scalar = (i: number, dtype: 'float32' | 'uint8'): Buffer =>
      (ctx.node.outputs[i] ?? '') === '' ? ctx.temporary(dtype, []) : ctx.write(i, 'plain');
    const x = ctx.read(0, layout);
    const outputs = [ctx.write(0, layout), scalar(1, 'float32'), scalar(2, 'uint8')];
    ctx.emit('dynamic_quantize', [x], outputs, {});
    return true;
  },
});

// FakeQuantize (ai.kompakt): what DequantizeLinear makes of QuantizeLinear(x), kept in float so that it can be trained:
// clamp(roundHalfEven(x / scale), low, high) * scale. Exists while a model is trained to be quantised.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers } from '../tensor/tensor.js';
import { fakeQuantizeGradientRule } from './gradients/fake-quantization.js';
import { defineOp, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
import {
  checkFakeQuantize,
  fakeQuantizeAttributes,
  forEachElement,
  splitOf,
} from './shared/fake-quantization.js';

export const fakeQuantize = defineOp({
  op: 'FakeQuantize',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [2, 2],
  outputs: [1, 1],
  attributes: {
    ...fakeQuantizeAttributes,
    /** Of the scale: 'ste' (none), 'lsq' or 'pact' (lib/ops/gradients/fake-quantization.ts). */
    gradient: { type: 'string', default: 'ste' },
    /** 1: axis 0 counts samples, not features. */
    batched: { type: 'int', default: 0 },
  },
  infer: (ctx) => [checkFakeQuantize(ctx, 0)[0]],
  reference: (ctx) => {
    const { dtype, dims } = inputValue(ctx, 0);
    const [low, high] = [intAttr(ctx.node, 'low'), intAttr(ctx.node, 'high')];
    const y = new Float64Array(sizeOf(dims));
    forEachElement(ctx, 0, ({ rounded, scale }, i) => {
      // + 0: never -0, for integers have none.
      y[i] = (Math.min(high, Math.max(low, rounded)) + 0) * scale;
    });
    return [fromNumbers(dtype, dims, y)];
  },
  learns: [0, 1],
  gradient: fakeQuantizeGradientRule,
  cost: noMacs,
  quantize: staysFloat('it stands for a quantiser itself'),
  lower: (ctx) => {
    const [x, scale] = [inputType(ctx, 0), inputType(ctx, 1)];
    if (x.dtype !== 'float32') return false;
    const split = splitOf(ctx, x, scale);
    const layout = split[1] === 1 ? ctx.layoutOf(0) : 'plain';
    ctx.emit('fake_quantize_f32', [ctx.read(0, layout), ctx.read(1, 'plain')], [ctx.write(0, layout)], {
      dims: split,
      low: intAttr(ctx.node, 'low'),
      high: intAttr(ctx.node, 'high'),
    });
    return true;
  },
});

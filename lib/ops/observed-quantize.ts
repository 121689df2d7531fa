// ObservedQuantize (ai.kompakt): FakeQuantize whose scale follows what it sees. Inputs x, scale [1] (state) and progress (the
// share of training that is done); outputs y and the new scale, with which y is made:
// momentum * scale + (1 - momentum) * the scale at which the batch just fits, until `until` of the run is done.
import { sizeOf } from '../tensor/shape.js';
import { fromNumbers, toNumbers } from '../tensor/tensor.js';
import { float, int } from './gradients/emit.js';
import { defineOp, floatAttr, inputType, inputValue, intAttr, noMacs, staysFloat } from './op.js';
import {
  checkFakeQuantize,
  fakeQuantizeAttributes,
  forEachElement,
  splitOf,
} from './shared/fake-quantization.js';
import { illegalShape } from './shared/illegal.js';

export const observedQuantize = defineOp({
  op: 'ObservedQuantize',
  domain: 'ai.kompakt',
  since: 1,
  inputs: [3, 3],
  outputs: [2, 2],
  attributes: { ...fakeQuantizeAttributes, momentum: { type: 'float' }, until: { type: 'float' } },
  infer: (ctx) => {
    const [x, scale] = checkFakeQuantize(ctx, 0);
    if (sizeOf(scale.dims) !== 1) illegalShape('one scale', ctx.where, scale.dims);
    return [x, scale];
  },
  reference: (ctx) => {
    const [x, scale] = [inputValue(ctx, 0), inputValue(ctx, 1)];
    const [low, high] = [intAttr(ctx.node, 'low'), intAttr(ctx.node, 'high')];
    const fitting = toNumbers(x).reduce((most, v) => {
      const bound = v > 0 ? high : low;
      return Math.max(most, bound === 0 ? 0 : v / bound);
    }, 0);
    const momentum = floatAttr(ctx.node, 'momentum');
    const observing = toNumbers(inputValue(ctx, 2))[0]! < floatAttr(ctx.node, 'until');
    const next =
      observing && fitting > 0 && Number.isFinite(fitting)
        ? momentum * toNumbers(scale)[0]! + (1 - momentum) * fitting
        : toNumbers(scale)[0]!;
    const updated = fromNumbers(scale.dtype, scale.dims, [next]);
    const y = new Float64Array(sizeOf(x.dims));
    forEachElement({ ...ctx, inputs: [x, updated] }, 0, (element, i) => {
      y[i] = (Math.min(high, Math.max(low, element.rounded)) + 0) * element.scale;
    });
    return [fromNumbers(x.dtype, x.dims, y), updated];
  },
  updates: [[1, 1]],
  gradient: (ctx) => {
    const { node } = ctx;
    const gradient = ctx.outputGradient(0);
    if (gradient === undefined) return [];
    const attributes = {
      low: int(intAttr(node, 'low')),
      high: int(intAttr(node, 'high')),
      axis: int(0),
      inner: int(0),
      factor: float(1),
    };
    const inputs = [gradient, node.inputs[0]!, node.outputs[1]!];
    return ctx.add('FakeQuantizeGradient', inputs, attributes, { domain: 'ai.kompakt' });
  },
  cost: noMacs,
  quantize: staysFloat('it stands for a quantiser itself'),
  lower: (ctx) => {
    const [x, scale] = [inputType(ctx, 0), inputType(ctx, 1)];
    if (x.dtype !== 'float32' || sizeOf(x.dims) === 0) return false;
    const [low, high] = [intAttr(ctx.node, 'low'), intAttr(ctx.node, 'high')];
    const layout = ctx.layoutOf(0);
    const dims = splitOf(ctx, x, scale);
    const flat = ctx.reshape(ctx.read(0, layout), [1, dims[2], 1]);
    const endOf = (op: 'min' | 'max') => {
      const end = ctx.temporary('float32', [1, 1]);
      ctx.emit('reduce_f32', [flat], [end], { op, dims: [1, dims[2], 1] });
      return end;
    };
    const least = endOf('min');
    // The step divides each end by its bound. Where nothing above 0 counts, the lower end is both.
    const [most, bound] = high === 0 ? [least, low] : [endOf('max'), high];
    const next = ctx.writeOver(1, 1);
    ctx.emit('observe_scale_f32', [ctx.read(1, 'plain'), least, most, ctx.read(2, 'plain')], [next], {
      low,
      high: bound,
      momentum: floatAttr(ctx.node, 'momentum'),
      until: floatAttr(ctx.node, 'until'),
    });
    ctx.emit('fake_quantize_f32', [ctx.read(0, layout), next], [ctx.write(0, layout)], { dims, low, high });
    return true;
  },
});

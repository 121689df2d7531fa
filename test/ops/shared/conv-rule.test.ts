// Which convolutions have an integer form.
import { conv } from '../../../lib/ops/conv.js';
import type { IntegerContext, QuantParams } from '../../../lib/ops/op.js';
import { f32, tensor } from '../../../lib/tensor/tensor.js';

const params: QuantParams = {
  scale: f32([], [0.5]),
  zeroPoint: tensor('int8', [], new Int8Array(1)),
  axis: 0,
};

function hasIntegerForm(weightDims: readonly number[]): boolean {
  const weights = tensor('int8', weightDims, new Int8Array(weightDims.reduce((a, b) => a * b, 1)));
  const ctx: IntegerContext = {
    node: { name: 'n', op: 'Conv', domain: '', inputs: ['x', 'w'], outputs: ['y'], attributes: {} },
    quantized: (i) => ({ name: i === 0 ? 'qx' : 'qw', params }),
    constant: (name) => (name === 'qw' ? weights : undefined),
    output: params,
    outputName: 'y',
    addConstant: (hint) => hint,
    fresh: (hint) => hint,
  };
  const rule = conv.quantize;
  return rule.kind === 'weighted' && rule.integer(ctx) !== null;
}

test('those over three spatial axes have none: they run faster as floats', () => {
  expect(hasIntegerForm([2, 3, 3])).toBe(true);
  expect(hasIntegerForm([2, 3, 3, 3])).toBe(true);
  expect(hasIntegerForm([2, 3, 3, 3, 3])).toBe(false);
});

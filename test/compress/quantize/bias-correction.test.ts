import { quantizeWeights } from '../../../lib/compress/quantize/affine.js';
import { ChannelMeans, correctBias } from '../../../lib/compress/quantize/bias-correction.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { signal } from '../../helpers/models.js';

test('means are per channel: axis 1 of images, the last axis of rows', () => {
  const images = new ChannelMeans();
  images.see(Float32Array.of(1, 3, 10, 20, 3, 5, 30, 40), [2, 2, 1, 2]);
  expect([...images.means()]).toEqual([3, 25]);
  const rows = new ChannelMeans();
  rows.see(Float32Array.of(1, 10, 3, 30), [2, 2]);
  expect([...rows.means()]).toEqual([2, 20]);
});

// y = W x + b at x = E[x] must be what it was before the weights were rounded.
test.each([
  { name: 'dense, channels first', dims: [3, 4], axis: 0, inputs: 4, groups: 1 },
  { name: 'dense, channels last', dims: [4, 3], axis: 1, inputs: 4, groups: 1 },
  { name: 'convolution', dims: [3, 4, 3, 3], axis: 0, inputs: 4, groups: 1 },
  { name: 'depthwise', dims: [5, 1, 3, 3], axis: 0, inputs: 5, groups: 5 },
  { name: 'grouped', dims: [4, 2, 1, 1], axis: 0, inputs: 4, groups: 2 },
])('$name: the output at the mean input is kept', ({ dims, axis, inputs, groups }) => {
  const weight = f32(dims, signal(dims.reduce((a, b) => a * b)));
  const outputs = dims[axis]!;
  const bias = f32([outputs], signal(outputs, 2));
  const means = Float64Array.from(signal(inputs, 3), (v) => v + 2);
  const quantized = quantizeWeights(weight, { type: 'int8', bits: 4, axis, minScale: () => 0 });
  const scales = toNumbers(quantized.params.scale);
  const taps = dims.slice(2).reduce((a, b) => a * b, 1);
  const rows = dims[1 - axis]!;
  const at = (values: Float64Array, o: number, i: number): number => {
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += values[(axis === 0 ? o * rows + i : i * outputs + o) * taps + t]!;
    return sum;
  };
  const answer = (values: Float64Array, scale: (o: number) => number, b: Float64Array): number[] =>
    Array.from({ length: outputs }, (_, o) => {
      let y = b[o]!;
      const first = Math.floor(o / (outputs / groups)) * rows;
      for (let i = 0; i < rows; i++) y += at(values, o, i) * scale(o) * means[first + i]!;
      return y;
    });
  const wanted = answer(toNumbers(weight), () => 1, toNumbers(bias));
  const corrected = toNumbers(correctBias(bias, weight, axis, quantized, means));
  const before = answer(toNumbers(quantized.value), (o) => scales[o]!, toNumbers(bias));
  const after = answer(toNumbers(quantized.value), (o) => scales[o]!, corrected);
  after.forEach((y, o) => {
    expect(y).toBeCloseTo(wanted[o]!, 4);
  });
  expect(Math.max(...before.map((y, o) => Math.abs(y - wanted[o]!)))).toBeGreaterThan(1e-2);
});

test('means that do not fit leave the bias alone', () => {
  const weight = f32([3, 4], signal(12));
  const bias = f32([3], [1, 2, 3]);
  const quantized = quantizeWeights(weight, { type: 'int8', bits: 8, axis: 0, minScale: () => 0 });
  expect(correctBias(bias, weight, 0, quantized, new Float64Array(7))).toBe(bias);
});

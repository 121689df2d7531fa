import { f32, fromNumbers, type TensorValue } from '../../lib/tensor/tensor.js';
import { expectNativeBytes } from '../helpers/native-like-reference.js';
import { randomFloats } from '../helpers/random-floats.js';

const bytes = (dtype: 'uint8' | 'int8', seed: number, ...dims: number[]): TensorValue => {
  const count = dims.reduce((a, b) => a * b, 1);
  return fromNumbers(dtype, dims, randomFloats(count, seed, 100).map(Math.trunc).map(Math.abs));
};
const params = (scale: number, zero: number): readonly TensorValue[] => [
  f32([], [scale]),
  fromNumbers('uint8', [], [zero]),
];

describe('QConv', () => {
  it.each([
    ['its own shape', [2, 4, 5, 6]],
    ['one image for all', [1, 4, 5, 6]],
    ['a value for a channel', [1, 4, 1, 1]],
    ['more images', [2, 4, 5, 6], 1],
  ])('adds a residual of %s, and looks the sums up', (_, dims, images = 2) => {
    const table = fromNumbers(
      'uint8',
      [256],
      Array.from({ length: 256 }, (_, i) => 255 - i),
    );
    expectNativeBytes({
      op: 'QConv',
      domain: 'ai.kompakt',
      inputs: [
        bytes('uint8', 1, images, 3, 7, 8),
        ...params(0.05, 20),
        bytes('int8', 2, 4, 3, 3, 3),
        f32([], [0.01]),
        fromNumbers('int8', [], [0]),
        ...params(0.4, 30),
        null,
        bytes('uint8', 3, ...dims),
        ...params(0.1, 40),
        ...params(0.5, 50),
        table,
      ],
      attributes: {},
      fed: [0, 9],
    });
  });
});

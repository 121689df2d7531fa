import { attr } from '../../lib/graph/attribute.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { randomFloats } from '../helpers/random-floats.js';

const random = (seed: number, ...dims: number[]) =>
  f32(
    dims,
    randomFloats(
      dims.reduce((a, b) => a * b, 1),
      seed,
    ),
  );

describe('FusedConv', () => {
  it.each([
    ['its own shape', [2, 4, 5, 6]],
    ['one image for all', [1, 4, 5, 6]],
    ['one line for all', [2, 4, 1, 6]],
    ['a value for a channel, of lower rank', [4, 1, 1]],
    ['more images', [2, 4, 5, 6], 1],
  ])('adds a residual of %s', async (_, dims, images = 2) => {
    const one: NativeCase = {
      op: 'FusedConv',
      domain: 'ai.kompakt',
      inputs: [random(1, images, 3, 7, 8), random(2, 4, 3, 3, 3), random(3, 4), random(4, ...dims)],
      attributes: { activation: attr.string('relu') },
      fed: [0, 3],
    };
    expect(scheduleOf(one)).toEqual(['native']);
    await expectNativeLikeReference(one);
  });
});

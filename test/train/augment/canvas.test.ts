// What augmentations are given: pictures with channels first, of whatever order and type the model has them.

import { Canvas, canBeAugmented } from '../../../lib/train/augment/canvas.js';
import { augmentsOf } from '../../../lib/train/augment/options.js';
import { randomFor } from '../../../lib/train/seeds.js';

const [height, width, channels] = [4, 5, 3];
const size = height * width * channels;
const random = () => randomFor(3, 'augment');

/** [C,H,W] as [H,W,C]. */
const lastOf = (first: Float32Array): Float32Array =>
  first.map((_, i) => first[(i % channels) * height * width + Math.floor(i / channels)]!);

test.each([{ flip: 1 }, { shift: 2 }, { crop: 0.5 }, { cutout: 0.5 }, { erase: 1 }, { noise: 1 }])(
  'a picture with channels last is changed as one with channels first: %j',
  (options) => {
    const first = Float32Array.from({ length: size }, (_, i) => i + 1);
    const last = lastOf(first);
    const before = first.slice();
    const changes = augmentsOf(options);
    new Canvas('float32', [channels, height, width], false).change(first, changes, random());
    new Canvas('float32', [height, width, channels], true).change(last, changes, random());
    expect(first).not.toEqual(before);
    expect(last).toEqual(lastOf(first));
  },
);

test('integers are changed too, rounded and cut to their range', () => {
  const canvas = new Canvas('uint8', [1, 1, 4], false);
  const row = Uint8Array.of(0, 100, 101, 255);
  canvas.change(row, augmentsOf({ flip: 1 }), random());
  expect([...row]).toEqual([255, 101, 100, 0]);
  canvas.change(row, [(values) => values.set([-3, 0.5, 1.5, 300])], random());
  expect([...row]).toEqual([0, 0, 2, 255]);
  const signed = Int8Array.of(5, -5, 100, 0);
  new Canvas('int8', [1, 1, 4], false).change(
    signed,
    [(values) => values.set(values.map((v) => 2 * v))],
    random(),
  );
  expect([...signed]).toEqual([10, -10, 127, 0]);
});

test('indices are never changed', () => {
  expect((['float32', 'uint8', 'int64', 'int32', 'bool'] as const).map(canBeAugmented)).toEqual([
    true,
    true,
    false,
    false,
    false,
  ]);
});

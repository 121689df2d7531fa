// Running sums and products natively: the bytes of the reference.
import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { fromNumbers, i64, scalarOf } from '../../lib/tensor/tensor.js';
import { expectNativeBytes as check, scheduleOf } from '../helpers/native-like-reference.js';
import { noise } from '../helpers/run-reference.js';

const shapes = [[1], [7], [5, 1], [9, 130], [3, 4, 5], [2, 67, 301], [3, 0, 2]];

describe.each(['CumSum', 'CumProd'])('%s', (op) => {
  test.each<DType>(['float32', 'int32', 'int64', 'uint32', 'uint64'])('of %s', (dtype) => {
    const opset = 26;
    for (const dims of shapes)
      for (let axis = -1; axis < dims.length; axis++)
        for (const [exclusive, reverse] of [
          [0, 0],
          [1, 0],
          [0, 1],
          [1, 1],
        ] as const) {
          const range = dtype.startsWith('u') ? ([0, 1000] as const) : ([-1000, 1000] as const);
          const x = noise(dtype, dims, 1, dtype === 'float32' ? [-2, 2] : range);
          const attributes = { exclusive: attr.int(exclusive), reverse: attr.int(reverse) };
          check({ op, opset, attributes, inputs: [x, i64([axis], [])] });
        }
  });

  test('of other types, and along an axis that is only known at run time, runs by the reference', () => {
    const [x, axis] = [noise('float32', [4]), i64([0], [])];
    expect(scheduleOf({ op, inputs: [x, axis], fed: [0, 1] })).toEqual(['host']);
    expect(scheduleOf({ op, inputs: [fromNumbers('float64', [1], [scalarOf(axis, '')]), axis] })).toEqual([
      'host',
    ]);
  });
});

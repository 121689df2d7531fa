// Integer products with int32 output: references against onnxruntime, steps against references, byte for byte.
import { attr } from '../../../lib/graph/attribute.js';
import type { Attribute } from '../../../lib/graph/graph.js';
import { sizeOf } from '../../../lib/tensor/shape.js';
import { fromNumbers, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';
import {
  expectNativeBytes,
  expectNativeLikeReference,
  scheduleOf,
} from '../../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise, reference } from '../../helpers/run-reference.js';

type Byte = 'uint8' | 'int8';
type Dims = readonly number[];

const types = (['uint8', 'int8'] as const).flatMap((x) =>
  (['uint8', 'int8'] as const).map((w) => [x, w] as const),
);

/** Zero points of these dims, none of which is the middle of the type. */
const zeros = (dtype: Byte, dims: Dims, seed = 5): TensorValue =>
  noise(dtype, dims, seed, dtype === 'uint8' ? [60, 120] : [-40, 40]);

describe.each(types)('MatMulInteger, %s x %s', (aType, bType) => {
  const cases: readonly (readonly [Dims, Dims, Dims?, Dims?])[] = [
    [
      [5, 7],
      [7, 9],
    ],
    [[2, 3, 7], [7, 9], []],
    [[5, 7], [7, 9], [1], [1]],
    [[5, 7], [7, 9], [], [9]],
    [[2, 5, 7], [1, 7, 9], [], [1, 1, 9]],
    [[37, 67], [67, 65], [1], [65]],
    [[2, 1, 4, 33], [3, 33, 8], [], []],
    [[7], [7, 9], [1], []],
    [[3, 7], [7], [], [1]],
    [
      [1, 64],
      [64, 1],
    ],
    [
      [0, 7],
      [7, 9],
    ],
    [
      [5, 0],
      [0, 9],
    ],
  ];
  const inputsOf = ([a, b, aZero, bZero]: (typeof cases)[number]): readonly (TensorValue | null)[] => [
    noise(aType, a),
    noise(bType, b, 2),
    aZero ? zeros(aType, aZero) : null,
    ...(bZero ? [zeros(bType, bZero, 6)] : []),
  ];

  const named = cases.map((one) => [JSON.stringify(one), one] as const);
  test.each(named)('%s', async (_, one) => {
    const node = { op: 'MatMulInteger', inputs: inputsOf(one) };
    // onnxruntime writes nothing where K is 0.
    if (one[0].at(-1) !== 0) await expectLikeOrt(node, 0);
    expectNativeBytes({ ...node, fed: [0] });
    expectNativeBytes({ ...node, fed: [0, 2] });
    await expectNativeLikeReference(node);
  });

  test.each(named.filter(([, [, , , bZero]]) => sizeOf(bZero ?? []) === 1))('%s, B at run time', (_, one) => {
    const node = { op: 'MatMulInteger', inputs: inputsOf(one) };
    for (const fed of [[0, 1], [1], [0, 1, 2, 3], [0, 3]]) expectNativeBytes({ ...node, fed });
  });

  test('zero points per row of A, and per column of a batch of B, run by the reference', () => {
    const [a, b] = [noise(aType, [2, 3, 4]), noise(bType, [2, 4, 5], 2)];
    const [aZero, bZero] = [zeros(aType, [2, 3, 1]), zeros(bType, [2, 1, 5], 6)];
    const node = { op: 'MatMulInteger', inputs: [a, b, aZero, bZero] };
    const [av, bv, az, bz] = node.inputs.map(toNumbers);
    const sums = Array.from({ length: 30 }, (_, at) => {
      const [i, m, n] = [Math.floor(at / 15), Math.floor(at / 5) % 3, at % 5];
      let sum = 0;
      for (let k = 0; k < 4; k++)
        sum += (av[(i * 3 + m) * 4 + k] - az[i * 3 + m]) * (bv[(i * 4 + k) * 5 + n] - bz[i * 5 + n]);
      return sum;
    });
    expect([...toNumbers(reference(node)[0])]).toEqual(sums);
    expect(scheduleOf({ ...node, fed: [0, 1] })).toEqual(['host']);
    const rows = { op: 'MatMulInteger', inputs: [noise(aType, [3, 4]), noise(bType, [4, 5], 2)] };
    const list = [...rows.inputs, zeros(aType, [3])];
    const column = [...rows.inputs, zeros(aType, [3, 1])];
    expect(toNumbers(reference({ ...rows, inputs: list })[0])).toEqual(
      toNumbers(reference({ ...rows, inputs: column })[0]),
    );
    for (const wrong of [[4], [1, 3], [3, 4]])
      expect(() => infer({ ...rows, inputs: [...rows.inputs, zeros(aType, wrong)] })).toThrow(
        expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
      );
  });
});

test('MatMulInteger: sums beyond 32 bits wrap', () => {
  const k = 40000;
  const fill = (dtype: Byte, dims: Dims, value: number): TensorValue =>
    fromNumbers(dtype, dims, new Float64Array(sizeOf(dims)).fill(value));
  const inputs = [fill('uint8', [2, k], 255), fill('uint8', [k, 3], 255)];
  expectNativeBytes({ op: 'MatMulInteger', inputs });
  expectNativeBytes({ op: 'MatMulInteger', inputs, fed: [0, 1] });
  expect(toNumbers(reference({ op: 'MatMulInteger', inputs })[0])[0]).toBe((k * 255 * 255) | 0);
});

describe.each(types)('ConvInteger, %s by %s', (xType, wType) => {
  interface Case {
    readonly x: Dims;
    readonly w: Dims;
    readonly xZero?: Dims;
    readonly wZero?: Dims;
    readonly attributes?: Readonly<Record<string, Attribute>>;
  }
  const all = (n: number, axes = 2): Attribute => attr.ints(new Array<number>(axes).fill(n));
  const cases: Readonly<Record<string, Case>> = {
    plain: { x: [1, 6, 7, 8], w: [5, 6, 3, 3] },
    'one zero point each': { x: [2, 6, 7, 8], w: [5, 6, 3, 3], xZero: [], wZero: [] },
    'a zero point per channel': { x: [1, 16, 9, 9], w: [33, 16, 1, 1], xZero: [1], wZero: [33] },
    'pads, strides, dilations': {
      x: [1, 3, 11, 9],
      w: [8, 3, 3, 2],
      xZero: [],
      attributes: { pads: attr.ints([2, 1, 0, 1]), strides: all(2), dilations: attr.ints([1, 2]) },
    },
    groups: {
      x: [2, 6, 6, 5],
      w: [4, 3, 3, 3],
      xZero: [],
      wZero: [4],
      attributes: { group: attr.int(2), pads: all(1, 4) },
    },
    depthwise: {
      x: [1, 37, 7, 9],
      w: [37, 1, 3, 3],
      xZero: [],
      wZero: [37],
      attributes: { group: attr.int(37), pads: all(1, 4) },
    },
    'depthwise, strides and dilations': {
      x: [1, 64, 10, 9],
      w: [64, 1, 5, 3],
      xZero: [],
      wZero: [],
      attributes: { group: attr.int(64), strides: all(2), dilations: all(2), pads: attr.ints([3, 0, 1, 2]) },
    },
    auto_pad: {
      x: [1, 4, 8, 8],
      w: [6, 4, 3, 3],
      xZero: [],
      attributes: { auto_pad: attr.string('SAME_UPPER') },
    },
    'one axis': { x: [1, 4, 19], w: [3, 4, 5], xZero: [], wZero: [], attributes: { pads: all(2, 2) } },
  };
  const inputsOf = ({ x, w, xZero, wZero }: Case): readonly (TensorValue | null)[] => [
    noise(xType, x),
    noise(wType, w, 2),
    xZero ? zeros(xType, xZero) : null,
    ...(wZero ? [zeros(wType, wZero, 6)] : []),
  ];

  test.each(Object.entries(cases))('%s', async (_, one) => {
    const node = { op: 'ConvInteger', inputs: inputsOf(one), attributes: one.attributes ?? {} };
    // onnxruntime takes one zero point of the weights only.
    if (sizeOf(one.wZero ?? []) === 1) await expectLikeOrt(node, 0);
    expectNativeBytes({ ...node, fed: [0] });
    expectNativeBytes({ ...node, fed: [0, 2] });
    await expectNativeLikeReference(node);
  });

  test('three axes, and weights that are not constant, run by the reference', () => {
    const cube = {
      op: 'ConvInteger',
      inputs: [noise(xType, [1, 2, 3, 3, 3]), noise(wType, [2, 2, 2, 2, 2])],
    };
    expect(scheduleOf(cube)).toEqual(['host']);
    expect(scheduleOf({ op: 'ConvInteger', inputs: inputsOf(cases.plain!), fed: [0, 1] })).toEqual(['host']);
    const square = inputsOf(cases['one zero point each']!);
    expect(scheduleOf({ op: 'ConvInteger', inputs: square, fed: [0, 3] })).toEqual(['host']);
  });
});

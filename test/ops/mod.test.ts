// Remainders natively: the bytes of the reference.
import { attr } from '../../lib/graph/attribute.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32, fromNumbers, i64, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { expectNativeBytes as check, runNatively, scheduleOf } from '../helpers/native-like-reference.js';
import { noise, reference } from '../helpers/run-reference.js';

const shapes: readonly (readonly [readonly number[], readonly number[]])[] = [
  [[], []],
  [[7], [7]],
  [[7], []],
  [[], [130]],
  [
    [2, 3, 5],
    [3, 1],
  ],
  [
    [3, 1, 5],
    [1, 4, 1],
  ],
  [[61, 700], [700]],
  [[50021], [1]],
];
const fmods = [0, 1].map((fmod) => ({ fmod: attr.int(fmod) }));

test.each<DType>(['int32', 'int64', 'uint8'])('Mod of %s', (dtype) => {
  const low = dtype === 'uint8' ? 0 : -100;
  for (const [a, b] of shapes) {
    const divisor = noise(dtype, b, 2, [low, 100]);
    const inputs = [
      noise(dtype, a, 1, [low, 100]),
      fromNumbers(
        dtype,
        b,
        toNumbers(divisor).map((v) => v || 3),
      ),
    ];
    for (const attributes of fmods)
      for (const fed of [[0], [0, 1]]) check({ op: 'Mod', attributes, inputs, fed });
  }
});

test('Mod of the largest and the least integers', () => {
  const edges = [
    2n ** 63n - 1n,
    -(2n ** 63n),
    2n ** 53n + 1n,
    2n ** 48n,
    -(2n ** 48n) - 1n,
    2n ** 47n + 3n,
    5n,
    0n,
  ];
  const all = BigInt64Array.from(edges);
  const column = tensor('int64', [edges.length, 1], all);
  const divisors = edges.map((v) => (v === 0n ? -1n : v));
  const row = tensor('int64', [edges.length], BigInt64Array.from(divisors));
  for (const attributes of fmods) {
    check({ op: 'Mod', attributes, inputs: [column, row] });
    for (const v of [...divisors, -7n, 3n])
      check({ op: 'Mod', attributes, inputs: [column, tensor('int64', [], BigInt64Array.of(v))] });
  }
  const narrow = fromNumbers('int32', [5, 1], [2 ** 31 - 1, -(2 ** 31), 1, -1, 65536]);
  const by = fromNumbers('int32', [4], [2 ** 31 - 1, -(2 ** 31), -1, 65537]);
  for (const attributes of fmods) check({ op: 'Mod', attributes, inputs: [narrow, by] });
});

test('Mod of integers by 0 is refused, constant or fed', () => {
  for (const fed of [[0], [0, 1]]) {
    const one = { op: 'Mod', inputs: [i64([5, 6]), i64([3, 0])], fed };
    expect(scheduleOf(one)).toEqual(['native']);
    expect(() => runNatively(one)).toThrow(
      expect.objectContaining({
        code: 'KPT_DATA_MALFORMED',
        message: expect.stringContaining('a divisor other than 0'),
      }),
    );
  }
});

test('Mod of float32', () => {
  const attributes = { fmod: attr.int(1) };
  for (const [a, b] of shapes)
    check({
      op: 'Mod',
      attributes,
      inputs: [noise('float32', a, 1, [-90, 90]), noise('float32', b, 2)],
      fed: [0, 1],
    });
  const edges = [
    0,
    -0,
    1,
    -3.5,
    1e-45,
    3.4e38,
    2 ** 28,
    2 ** 28 + 32,
    -(2 ** 60),
    0.1,
    Infinity,
    -Infinity,
    Number.NaN,
  ];
  const inputs = [f32([edges.length, 1], edges), f32([edges.length], edges)];
  const [wanted] = reference({ op: 'Mod', attributes, inputs });
  // NaN has many forms.
  const actual = runNatively({ op: 'Mod', attributes, inputs, fed: [0, 1] });
  expect([...toNumbers(actual)]).toEqual([...toNumbers(wanted!)]);
});

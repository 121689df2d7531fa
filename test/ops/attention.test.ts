// Attention in all its forms, and what belongs to it: references against onnxruntime, the engine against references.
import { attr } from '../../lib/graph/attribute.js';
import { f32, fromNumbers, i64, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase, scheduleOf } from '../helpers/native-like-reference.js';
import { expectLikeOrt, infer, noise, type OneNode, reference } from '../helpers/run-reference.js';

const float = (dims: readonly number[], seed = 1): TensorValue => noise('float32', dims, seed);
const ints = (dims: readonly number[], values: readonly number[]): TensorValue =>
  tensor('int32', dims, Int32Array.from(values));
const bools = (dims: readonly number[], hidden: readonly number[]): TensorValue => {
  const size = dims.reduce((a, b) => a * b, 1);
  return tensor(
    'bool',
    dims,
    Uint8Array.from({ length: size }, (_, i) => Number(!hidden.includes(i))),
  );
};
const microsoft = 'com.microsoft';

const cases: Readonly<Record<string, NativeCase>> = {
  'rank 4': {
    op: 'Attention',
    inputs: [float([2, 3, 4, 8]), float([2, 3, 6, 8], 2), float([2, 3, 6, 10], 3)],
  },
  'rank 3, shared heads': {
    op: 'Attention',
    inputs: [float([2, 4, 24]), float([2, 5, 8], 2), float([2, 5, 8], 3)],
    attributes: { q_num_heads: attr.int(6), kv_num_heads: attr.int(2) },
  },
  'causal, scaled': {
    op: 'Attention',
    inputs: [float([1, 2, 5, 4]), float([1, 2, 5, 4], 2), float([1, 2, 5, 4], 3)],
    attributes: { is_causal: attr.int(1), scale: attr.float(0.3) },
  },
  'float mask': {
    op: 'Attention',
    inputs: [float([2, 3, 4, 8]), float([2, 3, 6, 8], 2), float([2, 3, 6, 8], 3), float([4, 6], 4)],
  },
  'bool mask with a row of nothing': {
    op: 'Attention',
    inputs: [
      float([1, 2, 3, 4]),
      float([1, 2, 3, 4], 2),
      float([1, 2, 3, 4], 3),
      bools([1, 1, 3, 3], [1, 3, 4, 5]),
    ],
  },
  'past, causal': {
    op: 'Attention',
    inputs: [
      float([2, 2, 3, 4]),
      float([2, 2, 3, 4], 2),
      float([2, 2, 3, 4], 3),
      null,
      float([2, 2, 5, 4], 4),
      float([2, 2, 5, 4], 5),
    ],
    attributes: { is_causal: attr.int(1) },
    outputs: 3,
  },
  softcap: {
    op: 'Attention',
    inputs: [float([1, 2, 4, 8]), float([1, 2, 6, 8], 2), float([1, 2, 6, 8], 3)],
    attributes: { softcap: attr.float(0.5), scale: attr.float(1.5) },
  },
};

describe('Attention of ai.onnx', () => {
  test.each(Object.entries(cases))('%s', async (_, one) => {
    const fed = one.inputs.flatMap((value, i) => (value?.dtype === 'float32' ? [i] : []));
    await expectLikeOrt({ ...one, opset: 23 }, 2e-6);
    await expectNativeLikeReference({ ...one, outputs: undefined, fed });
  });

  test.each([0, 1, 2, 3])('scores, mode %d', async (mode) => {
    const { op, inputs, attributes } = cases.softcap;
    const outputs = [true, false, false, true];
    const one = {
      op,
      inputs: [...inputs, float([4, 6], 4)],
      attributes: { ...attributes, qk_matmul_output_mode: attr.int(mode) },
      outputs,
    };
    const [, , , scores] = reference(one);
    expect(scores.dims).toEqual([1, 2, 4, 6]);
    const [q, k, mask] = [one.inputs[0], one.inputs[1], one.inputs[3]].map((t) => toNumbers(t!));
    let sum = 0;
    for (let i = 0; i < 8; i++) sum += q[i] * k[6 * 0 + i];
    const raw = 1.5 * sum;
    const capped = 0.5 * Math.tanh(raw / 0.5);
    const wanted = [raw, capped, capped + mask[0]][mode];
    if (wanted !== undefined) expect(toNumbers(scores)[0]).toBeCloseTo(wanted, 5);
    else
      expect(
        toNumbers(scores)
          .slice(0, 6)
          .reduce((a, b) => a + b),
      ).toBeCloseTo(1, 6);
  });

  test('lengths of the keys of each sample', () => {
    const inputs = [float([2, 1, 2, 4]), float([2, 1, 3, 4], 2), float([2, 1, 3, 4], 3)];
    const [y] = reference({ op: 'Attention', inputs: [...inputs, null, null, null, i64([2, 3])] });
    const hidden = bools([2, 1, 1, 3], [2]);
    const [wanted] = reference({ op: 'Attention', inputs: [...inputs, hidden] });
    toNumbers(y).forEach((v, i) => {
      expect(v).toBeCloseTo(toNumbers(wanted)[i], 6);
    });
  });

  test('a mask that is shorter than the keys hides the rest', () => {
    const inputs = [float([1, 1, 2, 4]), float([1, 1, 4, 4], 2), float([1, 1, 4, 4], 3)];
    const [y] = reference({ op: 'Attention', inputs: [...inputs, bools([2, 3], [])] });
    const [wanted] = reference({ op: 'Attention', inputs: [...inputs, bools([2, 4], [3, 7])] });
    expect(toNumbers(y)).toEqual(toNumbers(wanted));
  });

  test('float16', () => {
    const half = (dims: readonly number[], seed: number) =>
      fromNumbers('float16', dims, toNumbers(float(dims, seed)));
    const inputs = [half([1, 1, 2, 4], 1), half([1, 1, 3, 4], 2), half([1, 1, 3, 4], 3)];
    const [y] = reference({ op: 'Attention', inputs });
    const wide = inputs.map((t) => f32(t.dims, toNumbers(t)));
    const [wanted] = reference({ op: 'Attention', inputs: wide });
    toNumbers(y).forEach((v, i) => {
      expect(v).toBeCloseTo(toNumbers(wanted)[i], 2);
    });
  });

  test('what does not fit is refused', () => {
    const q = float([1, 4, 12]);
    const heads = (n: number, k: number) => ({ q_num_heads: attr.int(n), kv_num_heads: attr.int(k) });
    const inputs = [q, q, q];
    expect(() => infer({ op: 'Attention', inputs, attributes: heads(3, 2) })).toThrow('divide');
    expect(() => infer({ op: 'Attention', inputs })).toThrow('q_num_heads');
    expect(() => infer({ op: 'Attention', inputs: [q, float([1, 4, 2, 6]), q] })).toThrow('rank 3 or 4');
    expect(() =>
      infer({ op: 'Attention', inputs: [...inputs, float([5, 4])], attributes: heads(2, 2) }),
    ).toThrow('broadcasts to [4,4]');
  });
});

test.each([
  cases['rank 3, shared heads'],
  cases['bool mask with a row of nothing'],
  {
    op: 'MultiHeadAttention',
    domain: microsoft,
    inputs: [1, 2, 3].map((i) => float([1, 4, 8], i)),
    attributes: { num_heads: attr.int(2) },
  },
  {
    op: 'RotaryEmbedding',
    inputs: [float([1, 2, 3, 8]), float([6, 4]), float([6, 4]), i64([0, 1, 2], [1, 3])],
  },
])('$op runs in the engine', (one) => {
  expect(scheduleOf({ ...one, outputs: undefined, fed: one.inputs.map((_, i) => i) })).toEqual(['native']);
});

describe('attention of com.microsoft', () => {
  const self = (mask: TensorValue | null, ...rest: readonly (TensorValue | null)[]) => [
    float([2, 3, 8]),
    float([8, 24], 2),
    float([24], 3),
    mask,
    ...rest,
  ];
  const heads = { num_heads: attr.int(2) };
  const kinds: Readonly<Record<string, NativeCase>> = {
    'Attention without mask': { op: 'Attention', inputs: self(null), attributes: heads },
    'Attention, mask of keys': {
      op: 'Attention',
      inputs: self(ints([2, 3], [1, 1, 0, 1, 1, 1])),
      attributes: heads,
    },
    'Attention, mask of pairs': {
      op: 'Attention',
      inputs: self(ints([2, 3, 3], [1, 1, 0, 1, 1, 1, 0, 1, 1, 1, 1, 0, 1, 0, 1, 0, 1, 1])),
      attributes: heads,
    },
    'Attention, ends of rows': { op: 'Attention', inputs: self(ints([2], [2, 3])), attributes: heads },
    'Attention, ends and starts': {
      op: 'Attention',
      inputs: self(ints([4], [3, 3, 1, 0])),
      attributes: heads,
    },
    'Attention with past, one way': {
      op: 'Attention',
      inputs: self(null, float([2, 2, 2, 4, 4], 5)),
      attributes: { ...heads, unidirectional: attr.int(1) },
      outputs: 2,
    },
    'Attention with a bias on scores': {
      op: 'Attention',
      inputs: self(null, null, float([1, 2, 3, 3], 6)),
      attributes: { ...heads, scale: attr.float(0.7) },
    },
    'Attention, other width of V': {
      op: 'Attention',
      inputs: [float([2, 3, 8]), float([8, 20], 2), float([20], 3)],
      attributes: { ...heads, qkv_hidden_sizes: attr.ints([8, 8, 4]) },
    },
    MultiHeadAttention: {
      op: 'MultiHeadAttention',
      inputs: [float([2, 3, 8]), float([2, 5, 8], 2), float([2, 5, 12], 3)],
      attributes: heads,
    },
    'MultiHeadAttention, bias and mask': {
      op: 'MultiHeadAttention',
      inputs: [
        float([2, 3, 8]),
        float([2, 5, 8], 2),
        float([2, 5, 8], 3),
        float([24], 4),
        ints([2, 5], [1, 1, 1, 0, 0, 1, 1, 1, 1, 1]),
        float([1, 2, 3, 5], 5),
      ],
      attributes: heads,
    },
    'MultiHeadAttention with past': {
      op: 'MultiHeadAttention',
      inputs: [
        float([2, 3, 8]),
        float([2, 3, 8], 2),
        float([2, 3, 8], 3),
        null,
        null,
        null,
        float([2, 2, 4, 4], 6),
        float([2, 2, 4, 4], 7),
      ],
      attributes: { ...heads, unidirectional: attr.int(1) },
      outputs: 3,
    },
    'MultiHeadAttention, keys by heads': {
      op: 'MultiHeadAttention',
      inputs: [float([2, 3, 8]), float([2, 2, 5, 4], 2), float([2, 2, 5, 4], 3)],
      attributes: heads,
    },
  };

  test.each(Object.entries(kinds))('%s', async (_, one) => {
    await expectLikeOrt({ ...one, domain: microsoft }, 3e-6);
    const fed = one.inputs.flatMap((value, i) => (value?.dtype === 'float32' ? [i] : []));
    await expectNativeLikeReference({ ...one, domain: microsoft, outputs: undefined, fed });
  });

  test.each(['uint8', 'int8'] as const)('QAttention with %s weights', async (dtype) => {
    const zero = tensor(dtype, [1], dtype === 'int8' ? Int8Array.of(0) : Uint8Array.of(120));
    const inputs = [
      noise('uint8', [2, 3, 8]),
      noise(dtype, [8, 24], 2),
      float([24], 3),
      f32([1], [0.02]),
      f32([1], [0.01]),
      ints([2, 3], [1, 1, 0, 1, 1, 1]),
      tensor('uint8', [1], Uint8Array.of(128)),
      zero,
    ];
    const one: NativeCase = { op: 'QAttention', domain: microsoft, inputs, attributes: heads };
    await expectLikeOrt(one, 3e-6);
    await expectNativeLikeReference({ ...one, fed: [0, 5] });
  });

  const angles = (seed: number): TensorValue => float([16, 8], seed);
  const grouped: Readonly<Record<string, OneNode>> = {
    'first run': {
      op: 'GroupQueryAttention',
      inputs: [
        float([1, 4, 64]),
        float([1, 4, 32], 2),
        float([1, 4, 32], 3),
        null,
        null,
        ints([1], [3]),
        ints([1], [4]),
      ],
    },
    'later run, turned': {
      op: 'GroupQueryAttention',
      inputs: [
        float([2, 1, 64]),
        float([2, 1, 32], 2),
        float([2, 1, 32], 3),
        float([2, 2, 6, 16], 4),
        float([2, 2, 6, 16], 5),
        ints([2], [6, 6]),
        ints([1], [7]),
        angles(6),
        angles(7),
      ],
      attributes: { do_rotary: attr.int(1) },
    },
    'packed, in a window': {
      op: 'GroupQueryAttention',
      inputs: [
        float([1, 6, 128]),
        null,
        null,
        null,
        null,
        ints([1], [5]),
        ints([1], [6]),
        angles(6),
        angles(7),
      ],
      attributes: {
        do_rotary: attr.int(1),
        rotary_interleaved: attr.int(1),
        local_window_size: attr.int(3),
        softcap: attr.float(2),
      },
    },
  };

  test.each(Object.entries(grouped))('GroupQueryAttention, %s', async (_, one) => {
    const attributes = { num_heads: attr.int(4), kv_num_heads: attr.int(2), ...one.attributes };
    await expectLikeOrt({ ...one, domain: microsoft, attributes, outputs: 3 }, 3e-6);
  });

  test('what is not supported is named', () => {
    const attributes = { ...heads, do_rotary: attr.int(1) };
    expect(() => infer({ op: 'Attention', domain: microsoft, inputs: self(null), attributes })).toThrow(
      'do_rotary',
    );
    expect(() =>
      infer({ op: 'MultiHeadAttention', domain: microsoft, inputs: [float([1, 3, 2, 3, 4]), null, null] }),
    ).toThrow('num_heads');
    expect(() =>
      infer({
        op: 'MultiHeadAttention',
        domain: microsoft,
        inputs: [float([1, 3, 2, 3, 4]), null, null],
        attributes: heads,
      }),
    ).toThrow('key and value of their own');
  });
});

describe('RotaryEmbedding', () => {
  const positions = i64([3, 1, 0, 2, 5, 4], [2, 3]);
  const cos = float([6, 4], 2);
  const sin = float([6, 4], 3);
  const kinds: Readonly<Record<string, NativeCase>> = {
    'rank 4': { op: 'RotaryEmbedding', inputs: [float([2, 5, 3, 8]), cos, sin, positions] },
    'rank 3, interleaved': {
      op: 'RotaryEmbedding',
      inputs: [float([2, 3, 40]), cos, sin, positions],
      attributes: { num_heads: attr.int(5), interleaved: attr.int(1) },
    },
    'part of each head': {
      op: 'RotaryEmbedding',
      inputs: [float([2, 5, 3, 12]), cos, sin, positions],
      attributes: { rotary_embedding_dim: attr.int(8) },
    },
    'angles of each position': {
      op: 'RotaryEmbedding',
      inputs: [float([2, 5, 3, 8]), float([2, 3, 4], 2), float([2, 3, 4], 3)],
      attributes: { interleaved: attr.int(1) },
    },
  };

  test.each(Object.entries(kinds))('%s', async (_, one) => {
    await expectLikeOrt({ ...one, opset: 23 }, 1e-6);
    await expectNativeLikeReference({ ...one, fed: one.inputs.map((__, i) => i) });
  });

  test.each([
    ['one offset', i64([2]), [1, 3, 40], 1],
    ['positions', positions, [2, 3, 40], 0],
  ] as const)('of com.microsoft, %s', async (_, at, dims, interleaved) => {
    const one: NativeCase = {
      op: 'RotaryEmbedding',
      domain: microsoft,
      inputs: [float(dims), at, cos, sin],
      attributes: { interleaved: attr.int(interleaved), num_heads: attr.int(5) },
      fed: [0, 1],
    };
    await expectLikeOrt(one, 1e-6);
    await expectNativeLikeReference(one);
  });
});

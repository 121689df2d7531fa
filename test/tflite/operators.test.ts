// Operators against plain computations in the layout of the file.
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { f32, fromNumbers, tensor } from '../../lib/tensor/tensor.js';
import { randomFloats } from '../helpers/random-floats.js';
import { expectClose, floats, ints, runOperator, runTflite } from '../helpers/run-tflite.js';
import { type FileOperator, type FileTensor, float32, int8, int32 } from '../helpers/tflite-file.js';
import { integerNet, movingNet } from '../helpers/tflite-nets.js';

describe('tensors behind a convolution, which are channels-first', () => {
  const dims = [1, 3, 2, 4];
  const identity = new Float32Array(16).map((_, i) => Number(i % 5 === 0));
  const data = floats(dims);

  /** Runs an operator on x after a convolution that changes nothing; `f` says what must come out. */
  function behind(
    operator: Omit<FileOperator, 'outputs'>,
    y: Dims,
    wanted: ArrayLike<number>,
    constants: Readonly<Record<string, FileTensor>> = {},
  ): void {
    const file = {
      inputs: ['in'],
      outputs: ['y'],
      tensors: {
        in: { dims },
        w: { dims: [4, 1, 1, 4], data: identity },
        x: { dims },
        y: { dims: y },
        ...constants,
      },
      operators: [
        {
          kind: 'CONV_2D',
          inputs: ['in', 'w'],
          outputs: ['x'],
          options: { 1: int32(1), 2: int32(1) },
        },
        { outputs: ['y'], ...operator },
      ],
    };
    expectClose(runTflite(file, { in: f32(dims, data) })[0], wanted);
  }

  test('arithmetic with constants of lower rank', () => {
    const row = floats([4], 8);
    behind(
      { kind: 'MUL', inputs: ['x', 'row'] },
      dims,
      data.map((v, i) => v * row[i % 4]),
      {
        row: { dims: [4], data: row },
      },
    );
    const plane = floats([2, 4], 9);
    behind(
      { kind: 'SUB', inputs: ['plane', 'x'] },
      dims,
      data.map((v, i) => plane[i % 8] - v),
      {
        plane: { dims: [2, 4], data: plane },
      },
    );
    behind(
      { kind: 'MAXIMUM', inputs: ['x', 'half'] },
      dims,
      data.map((v) => Math.max(v, 0.5)),
      {
        half: { dims: [], data: Float32Array.of(0.5) },
      },
    );
    behind(
      { kind: 'PRELU', inputs: ['x', 'slope'] },
      dims,
      data.map((v, i) => (v < 0 ? v * row[i % 4] : v)),
      {
        slope: { dims: [1, 1, 4], data: row },
      },
    );
  });

  test('functions of one tensor', () => {
    behind(
      { kind: 'LEAKY_RELU', inputs: ['x'], options: { 0: float32(0.25) } },
      dims,
      data.map((v) => (v < 0 ? v / 4 : v)),
    );
    behind(
      { kind: 'SQUARE', inputs: ['x'] },
      dims,
      data.map((v) => v * v),
    );
    behind(
      { kind: 'RELU_N1_TO_1', inputs: ['x'] },
      dims,
      data.map((v) => Math.max(-1, Math.min(1, v))),
    );
  });

  test('SOFTMAX runs over the channels and heeds beta', () => {
    const wanted = data.map((v, i) => {
      const row = data.subarray(i - (i % 4), i - (i % 4) + 4);
      return Math.exp(2 * v) / row.reduce((sum, w) => sum + Math.exp(2 * w), 0);
    });
    behind({ kind: 'SOFTMAX', inputs: ['x'], options: { 0: float32(2) } }, dims, wanted);
  });

  test('MEAN over any axes', () => {
    for (const axes of [[1, 2], [3], [1], [2, 3], [-1]])
      for (const keeps of [true, false]) {
        const reduced = axes.map((axis) => (axis + 4) % 4);
        const kept = dims.map((d, axis) => (reduced.includes(axis) ? 1 : d));
        const wanted = new Float64Array(sizeOf(kept));
        data.forEach((v, i) => {
          const at = [0, Math.floor(i / 8), Math.floor(i / 4) % 2, i % 4].map((a, k) =>
            kept[k] === 1 ? 0 : a,
          );
          wanted[(at[1] * kept[2] + at[2]) * kept[3] + at[3]] += v;
        });
        const count = 24 / wanted.length;
        const y = keeps ? kept : kept.filter((_, axis) => !reduced.includes(axis));
        const operator = { kind: 'MEAN', inputs: ['x', 'axes'], options: { 0: int8(Number(keeps)) } };
        behind(
          operator,
          y,
          wanted.map((v) => v / count),
          { axes: ints(...axes) },
        );
      }
  });

  test('movement: CONCATENATION, PAD, SLICE, RESHAPE, RESIZE_NEAREST_NEIGHBOR', () => {
    const doubled = [...data].flatMap((_, i) =>
      i % 4 === 0 ? [...data.subarray(i, i + 4), ...data.subarray(i, i + 4)] : [],
    );
    behind({ kind: 'CONCATENATION', inputs: ['x', 'x'], options: { 0: int32(3) } }, [1, 3, 2, 8], doubled);
    const padded = Array.from({ length: 3 * 3 * 5 }, (_, i) => {
      const [h, w, c] = [Math.floor(i / 15), (Math.floor(i / 5) % 3) - 1, i % 5];
      return w < 0 || c > 3 ? 0 : data[(h * 2 + w) * 4 + c];
    });
    const pads: FileTensor = { dims: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 0, 0, 1, 0, 0, 1) };
    behind({ kind: 'PAD', inputs: ['x', 'pads'] }, [1, 3, 3, 5], padded, { pads });
    behind(
      { kind: 'SLICE', inputs: ['x', 'from', 'size'] },
      [1, 2, 2, 1],
      [10, 14, 18, 22].map((i) => data[i]),
      {
        from: ints(0, 1, 0, 2),
        size: ints(-1, -1, 2, 1),
      },
    );
    behind({ kind: 'RESHAPE', inputs: ['x'] }, [4, 6], data);
    const up = Array.from({ length: 6 * 4 * 4 }, (_, i) => {
      const [h, w, c] = [Math.floor(i / 16) >> 1, (Math.floor(i / 4) % 4) >> 1, i % 4];
      return data[(h * 2 + w) * 4 + c];
    });
    behind({ kind: 'RESIZE_NEAREST_NEIGHBOR', inputs: ['x', 'sizes'] }, [1, 6, 4, 4], up, {
      sizes: ints(6, 4),
    });
  });
});

test('STRIDED_SLICE: masks, single indices from the end, steps backwards', () => {
  const x = [3, 4];
  const data = [...floats(x)];
  const slice = (begin: number[], end: number[], step: number[], masks: number[], y: Dims) =>
    runOperator(
      x,
      y,
      {
        kind: 'STRIDED_SLICE',
        inputs: ['x', 'b', 'e', 's'],
        options: { 0: int32(masks[0]), 1: int32(masks[1]), 4: int32(masks[2]) },
      },
      { b: ints(...begin), e: ints(...end), s: ints(...step) },
    );
  const at = (...indices: number[]) => indices.map((i) => data[i]);
  expect(slice([1, 1], [3, 3], [1, 1], [0, 0, 0], [2, 2])).toEqual(at(5, 6, 9, 10));
  expect(slice([-1, 0], [0, 4], [1, 2], [0, 2, 1], [2])).toEqual(at(8, 10));
  expect(slice([0, 0], [0, 0], [-1, -3], [3, 3, 0], [3, 2])).toEqual(at(11, 8, 7, 4, 3, 0));
});

describe('integers', () => {
  const quantized = (
    dims: Dims,
    scale: number,
    zero: number,
    type: 'int8' | 'uint8' = 'int8',
  ): FileTensor => ({
    dims,
    type,
    scale: [scale, zero],
  });

  test('QUANTIZE, a change of scale, DEQUANTIZE', () => {
    const file = {
      inputs: ['x'],
      outputs: ['b', 'y'],
      tensors: {
        x: { dims: [4] },
        a: quantized([4], 0.5, 3),
        b: quantized([4], 0.25, 128, 'uint8'),
        y: { dims: [4] },
      },
      operators: [
        { kind: 'QUANTIZE', inputs: ['x'], outputs: ['a'] },
        { kind: 'QUANTIZE', inputs: ['a'], outputs: ['b'] },
        { kind: 'DEQUANTIZE', inputs: ['b'], outputs: ['y'] },
      ],
    };
    const [b, y] = runTflite(file, { x: f32([4], [1.1, -2.4, 1000, -1000]) });
    expect(b).toEqual([132, 118, 255, 0]);
    expect(y).toEqual([1, -2.5, 31.75, -32]);
  });

  test('CONCATENATION of tensors with scales of their own', () => {
    const file = {
      inputs: ['p', 'q'],
      outputs: ['y'],
      tensors: { p: quantized([2], 0.5, 0), q: quantized([2], 0.25, 10), y: quantized([4], 0.5, 1) },
      operators: [{ kind: 'CONCATENATION', inputs: ['p', 'q'], outputs: ['y'], options: { 0: int32(0) } }],
    };
    const feeds = { p: fromNumbers('int8', [2], [4, -6]), q: fromNumbers('int8', [2], [12, 2]) };
    expect(runTflite(file, feeds)[0]).toEqual([5, -5, 2, -3]);
  });

  test('DEQUANTIZE of float16 constants', () => {
    const h: FileTensor = { dims: [2], type: 'float16', data: Uint16Array.of(0x3c00, 0xc100) };
    const file = {
      inputs: ['x'],
      outputs: ['y'],
      tensors: { x: { dims: [2] }, h, f: { dims: [2] }, y: { dims: [2] } },
      operators: [
        { kind: 'DEQUANTIZE', inputs: ['h'], outputs: ['f'] },
        { kind: 'ADD', inputs: ['x', 'f'], outputs: ['y'] },
      ],
    };
    expect(runTflite(file, { x: f32([2], [1, 2]) })[0]).toEqual([2, -0.5]);
  });

  test('a net of many layers gives the same integers in references and natively', () => {
    const dims = [1, 9, 8, 3];
    for (const seed of [1, 2, 3]) {
      const image = tensor('int8', dims, Int8Array.from(randomFloats(216, seed, 127), Math.round));
      const [classes] = runTflite(integerNet, { image }, 1);
      expect(classes.reduce((sum, v) => sum + v + 128, 0)).toBeGreaterThan(250);
    }
  });

  test('a padded convolution pads with the zero point', () => {
    const pads: FileTensor = { dims: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 1, 0, 0, 1, 0, 0) };
    const file = {
      inputs: ['x'],
      outputs: ['y'],
      tensors: {
        x: quantized([1, 1, 1, 1], 1, 5),
        pads,
        p: quantized([1, 2, 2, 1], 1, 5),
        w: {
          dims: [1, 2, 2, 1],
          type: 'int8' as const,
          data: Int8Array.of(1, 2, 3, 4),
          scale: [1, 0] as const,
        },
        y: quantized([1, 1, 1, 1], 1, -7),
      },
      operators: [
        { kind: 'PAD', inputs: ['x', 'pads'], outputs: ['p'] },
        {
          kind: 'CONV_2D',
          inputs: ['p', 'w', ''],
          outputs: ['y'],
          options: { 0: int8(1), 1: int32(1), 2: int32(1) },
        },
      ],
    };
    expect(runTflite(file, { x: fromNumbers('int8', [1, 1, 1, 1], [7]) })[0]).toEqual([3 * 2 - 7]);
    const both = { ...file, outputs: ['y', 'p'] };
    expect(runTflite(both, { x: fromNumbers('int8', [1, 1, 1, 1], [7]) })).toEqual([[-1], [5, 5, 7, 5]]);
  });
});

test('a cell that unpacks, splits, packs and slices', () => {
  const [x, state] = [floats([2, 1, 4]), floats([1, 2, 4, 2], 2)];
  const [y, next] = runTflite(movingNet, { x: f32([2, 1, 4], x), state: f32([1, 2, 4, 2], state) });
  const w = movingNet.tensors.w.data as Int8Array;
  const b = movingNet.tensors.b.data as Float32Array;
  const wanted: number[] = [];
  for (let r = 0; r < 2; r++) {
    const product = [...b].map((bias, n) => {
      let sum = bias;
      for (let k = 0; k < 4; k++) sum += x[r * 4 + k] * w[n * 4 + k] * 0.03;
      return Math.max(0, sum);
    });
    const [left, right] = [product.slice(0, 3), product.slice(3)];
    const gated = left.map((v, i) => right[i] / (1 + Math.exp(-v)));
    wanted.push(...[...gated, ...left, left[2]].map((v) => (v - 0.5) ** 2));
  }
  expectClose(y, wanted, 1e-4);
  const taken = [0, 1, 2, 3].map((i) => state[(4 + i) * 2]);
  expectClose(next, [...taken, ...taken]);
});

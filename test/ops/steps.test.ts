// What convolutions, products, poolings and integer operators ask of the engine: kinds, dims, parameters, constants.
import { attr } from '../../lib/graph/attribute.js';
import { f32, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import { recordLowering } from '../helpers/record-lowering.js';
import { noise } from '../helpers/run-reference.js';

const scalar = (value: number): TensorValue => f32([], [value]);
const byte = (value: number): TensorValue => tensor('uint8', [], Uint8Array.of(value));
const signed = (value: number): TensorValue => tensor('int8', [], Int8Array.of(value));
const values = (t: TensorValue | undefined): number[] => [...((t as TensorValue).data as Float32Array)];

describe('Conv', () => {
  const w = f32([2, 3, 1, 2], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]);

  test('becomes conv_f32 with weights [O,kH,kW,I]', () => {
    const attributes = { pads: attr.ints([0, 1, 2, 3]), strides: attr.ints([2, 1]) };
    const { lowered, steps, constants } = recordLowering({
      op: 'Conv',
      attributes,
      inputs: [noise('float32', [1, 3, 5, 7]), w],
    });
    expect(lowered).toBe(true);
    const [{ kind, inputs, outputs, params }] = steps;
    expect(kind).toBe('conv_f32');
    expect(inputs.map((b) => b?.dims ?? null)).toEqual([[1, 5, 7, 3], [2, 1, 2, 3], null, null]);
    expect(outputs[0].dims).toEqual([1, 4, 10, 2]);
    expect(values(constants.get(inputs[1]?.id as number))).toEqual([0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11]);
    expect(params).toEqual({
      strides: [2, 1],
      pads: [0, 1, 2, 3],
      dilations: [1, 1],
      group: 1,
      activation: 'none',
      alpha: 0,
      beta: 0,
    });
  });

  test('with one spatial axis is an image of height 1', () => {
    const attributes = { pads: attr.ints([2, 1]), dilations: attr.ints([3]) };
    const { steps } = recordLowering({
      op: 'Conv',
      attributes,
      inputs: [noise('float32', [2, 3, 9]), noise('float32', [4, 3, 2])],
    });
    expect(steps[0].inputs[0]?.dims).toEqual([2, 1, 9, 3]);
    expect(steps[0].inputs[1]?.dims).toEqual([4, 1, 2, 3]);
    expect(steps[0].params).toMatchObject({ pads: [0, 2, 0, 1], strides: [1, 1], dilations: [1, 3] });
  });

  test('with three spatial axes becomes conv_3d_f32 with frames', () => {
    const attributes = {
      pads: attr.ints([1, 0, 2, 0, 3, 1]),
      strides: attr.ints([2, 1, 1]),
      dilations: attr.ints([1, 1, 2]),
    };
    const inputs = [noise('float32', [2, 3, 5, 6, 7]), noise('float32', [4, 3, 2, 3, 2])];
    const [{ kind, inputs: read, params }] = recordLowering({ op: 'Conv', attributes, inputs }).steps;
    expect(kind).toBe('conv_3d_f32');
    expect(read.map((buffer) => buffer?.dims)).toEqual([
      [2, 5, 6, 7, 3],
      [4, 2, 3, 2, 3],
      undefined,
      undefined,
    ]);
    expect(params).toMatchObject({
      frames: [2, 1, 1],
      pads: [0, 2, 3, 1],
      strides: [1, 1],
      dilations: [1, 2],
    });
  });

  test('stays on the host with other floats, and takes weights that are fed', () => {
    const image = noise('float32', [1, 3, 5, 7]);
    const fed = recordLowering({ op: 'Conv', inputs: [image, w] }, { unknown: [0, 1] });
    expect(fed.lowered).toBe(true);
    const half = [noise('float16', [1, 1, 2, 2]), noise('float16', [1, 1, 1, 1])];
    expect(recordLowering({ op: 'Conv', inputs: half }).lowered).toBe(false);
  });
});

describe('QLinearConv', () => {
  test('of int8 moves zero points to storage form', () => {
    const w = noise('int8', [2, 3, 1, 1]);
    const scales = f32([2], [0.5, 0.25]);
    const inputs = [
      noise('int8', [1, 3, 4, 4]),
      scalar(0.1),
      signed(-5),
      w,
      scales,
      tensor('int8', [2], new Int8Array(2)),
      scalar(0.3),
      signed(7),
    ];
    const { steps, constants } = recordLowering({ op: 'QLinearConv', inputs });
    const [{ kind, inputs: read, params }] = steps;
    expect(kind).toBe('conv_u8');
    expect(params).toMatchObject({ xZero: 123, yZero: 135, lo: 0, hi: 255, residual: [] });
    expect(read[2]).toBeNull();
    expect(read[4]).toBeNull();
    const f = Math.fround;
    expect(values(constants.get(read[3]?.id as number))).toEqual(
      [0.5, 0.25].map((s) => f(f(f(0.1) * s) / f(0.3))),
    );
  });

  test('of uint8 weights moves weights and their zero points by 128', () => {
    const w = tensor('uint8', [2, 1, 1, 1], Uint8Array.of(0, 255));
    const inputs = [
      noise('uint8', [1, 1, 4, 4]),
      scalar(0.1),
      byte(5),
      w,
      scalar(0.5),
      byte(100),
      scalar(0.3),
      byte(7),
    ];
    const { steps, constants } = recordLowering({ op: 'QLinearConv', inputs });
    expect(values(constants.get(steps[0].inputs[1]?.id as number))).toEqual([-128, 127]);
    expect(values(constants.get(steps[0].inputs[4]?.id as number))).toEqual([-28, -28]);
    const plain = inputs.with(5, byte(128));
    expect(recordLowering({ op: 'QLinearConv', inputs: plain }).steps[0].inputs[4]).toBeNull();
  });

  test('with a scale that is not known stays on the host', () => {
    const inputs = [
      noise('uint8', [1, 1, 4, 4]),
      scalar(0.1),
      byte(5),
      noise('int8', [1, 1, 1, 1]),
      scalar(0.5),
      signed(0),
      scalar(0.3),
      byte(7),
    ];
    expect(recordLowering({ op: 'QLinearConv', inputs }, { unknown: [0, 1] }).lowered).toBe(false);
  });
});

describe('products', () => {
  test('with constant weights are 1x1 convolutions over all rows', () => {
    const inputs = [noise('float32', [2, 5, 3]), f32([3, 2], [0, 1, 2, 3, 4, 5])];
    const { steps, constants } = recordLowering({ op: 'MatMul', inputs });
    expect(steps[0].kind).toBe('conv_f32');
    expect(steps[0].inputs.map((b) => b?.dims ?? null)).toEqual([[1, 1, 10, 3], [2, 1, 1, 3], null, null]);
    expect(values(constants.get(steps[0].inputs[1]?.id as number))).toEqual([0, 2, 4, 1, 3, 5]);
    expect(steps[0].outputs[0].dims).toEqual([1, 1, 10, 2]);
  });

  test('of two activations are matmul_f32', () => {
    const inputs = [noise('float32', [2, 5, 3]), noise('float32', [3, 2])];
    const { steps } = recordLowering({ op: 'MatMul', inputs }, { unknown: [0, 1] });
    expect(steps.map((s) => s.kind)).toEqual(['matmul_f32']);
    expect(steps[0].outputs[0].dims).toEqual([2, 5, 2]);
  });

  test('Gemm scales a constant C once and adds a whole matrix apart', () => {
    const a = noise('float32', [2, 3]);
    const b = noise('float32', [4, 3]);
    const attributes = { beta: attr.float(2), transB: attr.int(1) };
    const row = recordLowering({ op: 'Gemm', attributes, inputs: [a, b, f32([], [3])] });
    expect(row.steps.map((s) => s.kind)).toEqual(['conv_f32']);
    expect(values(row.constants.get(row.steps[0].inputs[2]?.id as number))).toEqual([6, 6, 6, 6]);
    const matrix = recordLowering({ op: 'Gemm', attributes, inputs: [a, b, noise('float32', [2, 4])] });
    expect(matrix.steps.map((s) => s.kind)).toEqual(['matmul_f32', 'binary_f32']);
    const unknown = recordLowering(
      { op: 'Gemm', attributes, inputs: [a, b, noise('float32', [4])] },
      { unknown: [0, 2] },
    );
    expect(unknown.lowered).toBe(false);
  });

  test('QGemm without output scale gives float32', () => {
    const inputs = [
      noise('uint8', [2, 3]),
      scalar(0.1),
      byte(3),
      noise('int8', [3, 4]),
      scalar(0.5),
      signed(0),
    ];
    const { steps, constants } = recordLowering({ op: 'QGemm', domain: 'com.microsoft', inputs });
    expect(steps[0].kind).toBe('conv_u8');
    expect(steps[0].outputs[0].dtype).toBe('float32');
    const scale = Math.fround(Math.fround(0.1) * 0.5);
    expect(values(constants.get(steps[0].inputs[3]?.id as number))).toEqual([scale, scale, scale, scale]);
  });
});

describe('layouts', () => {
  test('global average pooling reduces in the layout at hand', () => {
    const one = { op: 'GlobalAveragePool', inputs: [noise('float32', [2, 3, 4, 5])] };
    expect(recordLowering(one).steps[0].params.dims).toEqual([6, 20, 1]);
    expect(recordLowering(one, { channelsLast: [0] }).steps[0].params.dims).toEqual([2, 20, 3]);
  });

  test('softmax finds its axis', () => {
    const one = {
      op: 'Softmax',
      attributes: { axis: attr.int(1) },
      inputs: [noise('float32', [2, 3, 4, 5])],
    };
    expect(recordLowering(one).steps[0].params.dims).toEqual([2, 3, 20]);
    expect(recordLowering(one, { channelsLast: [0] }).steps[0].params.dims).toEqual([40, 3, 1]);
  });

  test('QLinearConcat rescales only parts with another scale', () => {
    const parts = [
      noise('uint8', [1, 2, 3, 3]),
      scalar(0.1),
      byte(3),
      noise('uint8', [1, 4, 3, 3]),
      scalar(0.2),
      byte(3),
    ];
    const one = {
      op: 'QLinearConcat',
      domain: 'com.microsoft',
      attributes: { axis: attr.int(1) },
      inputs: [scalar(0.1), byte(3), ...parts],
    };
    const { steps } = recordLowering(one, { unknown: [2, 5], channelsLast: [2, 5] });
    expect(steps.map((s) => s.kind)).toEqual(['copy', 'table_u8', 'copy']);
    expect(steps[2].params).toMatchObject({ dims: [9, 4], yOffset: 2, yStrides: [6, 1] });
  });
});

test('QTable and integer activations read the table of stored bytes', () => {
  const inputs = [noise('int8', [4]), scalar(1), signed(0), scalar(1), signed(0)];
  const attributes = { alpha: attr.float(0.5) };
  const { steps, constants } = recordLowering({
    op: 'QLinearLeakyRelu',
    domain: 'com.microsoft',
    attributes,
    inputs,
  });
  const table = values(constants.get(steps[0].inputs[1]?.id as number));
  expect([table[0], table[128], table[138]]).toEqual([64, 128, 138]);
});

test('Resize gives both axes the same number of taps', () => {
  const attributes = { mode: attr.string('linear'), antialias: attr.int(1) };
  const inputs = [noise('float32', [1, 2, 8, 6]), null, f32([4], [1, 1, 0.5, 2])];
  const { steps } = recordLowering({ op: 'Resize', attributes, inputs });
  expect(steps[0].inputs.map((b) => b?.dims ?? null)).toEqual([
    [1, 8, 6, 2],
    [4, 4],
    [4, 4],
    [12, 4],
    [12, 4],
  ]);
});

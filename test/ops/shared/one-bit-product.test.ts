// One-bit operators: the reference by hand, onnxruntime (which runs their function bodies) and the engine against the
// reference, byte for byte.
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../../lib/tensor/tensor.js';
import { expectNativeLikeReference, type NativeCase } from '../../helpers/native-like-reference.js';
import { type ConvCase, oneBitConv, oneBitGemm, randomBits } from '../../helpers/one-bit-cases.js';
import { runInOrt } from '../../helpers/onnx-file.js';
import { randomFloats } from '../../helpers/random-floats.js';
import { infer, reference } from '../../helpers/run-reference.js';

/** The engine and onnxruntime give what the reference gives. */
async function expectSameEverywhere(one: NativeCase): Promise<void> {
  await expectNativeLikeReference(one);
  const g = new GraphBuilder();
  const [x, ...rest] = one.inputs as readonly TensorValue[];
  const inputs = [g.input('x', x.dtype, x.dims), ...rest.map((value, i) => g.constant(`c${i}`, value))];
  const [y] = g.node(one.op, inputs, one.attributes, { domain: one.domain, outputs: ['y'] });
  g.output(y, infer(one)[0].dtype);
  const got = (await runInOrt(new Model(g.build()).toBytes(), { x })).y!;
  const [want] = reference(one);
  expect(got.dims).toEqual([...want.dims]);
  expect(got.values).toEqual([...toNumbers(want)]);
}

const outputs = ['', 'Bits', 'Quantized'] as const;

describe.each(outputs)('BinaryConv%s', (output) => {
  const cases: readonly Omit<ConvCase, 'output'>[] = [
    { channels: 1, filters: 1 },
    { channels: 8, filters: 7, leaky: true },
    { channels: 9, filters: 8 },
    { channels: 32, filters: 17, leaky: true },
    { channels: 64, filters: 64 },
    { channels: 130, filters: 65, kernel: [1, 1], pads: [0, 0, 0, 0] },
    { channels: 24, filters: 9, kernel: [2, 5], pads: [0, 3, 2, 1], strides: [2, 1], size: [7, 5] },
    { channels: 16, filters: 9, dilations: [2, 1], pads: [2, 1, 2, 1] },
    { channels: 40, filters: 9, padValue: 1 },
    { channels: 33, filters: 9, padValue: 1, leaky: true },
    { channels: 64, filters: 9, padValue: -1 },
  ];
  test.each(cases)('%j', (c) => expectSameEverywhere(oneBitConv({ ...c, output })));
});

describe.each(outputs)('BinaryGemm%s', (output) => {
  test.each([
    [1, 1, 1],
    [1, 64, 64],
    [3, 7, 9],
    [2, 784, 33],
    [17, 100, 130],
  ])('%d x %d x %d', async (rows, channels, filters) => {
    await expectSameEverywhere(oneBitGemm(rows, channels, filters, output));
    await expectSameEverywhere(oneBitGemm(rows, channels, filters, output, true));
  });
});

describe('PackBits', () => {
  const directions = (...values: number[]) => tensor('int8', [values.length], Int8Array.from(values));

  test.each(['float32', 'uint8', 'int8'] as const)('of %s', async (dtype) => {
    for (const dims of [
      [3, 1],
      [2, 9, 5],
      [2, 19, 3, 4],
      [1, 64, 2, 2],
    ]) {
      const size = dims.reduce((a, b) => a * b, 1);
      const c = dims[1]!;
      const values = randomFloats(size, 3, dtype === 'float32' ? 2 : 100);
      const data =
        dtype === 'float32'
          ? values
          : dtype === 'uint8'
            ? Uint8Array.from(values, (v) => v + 100)
            : Int8Array.from(values);
      const x = tensor(dtype, dims, data);
      const thresholds = randomFloats(c, 4, dtype === 'float32' ? 1 : 120);
      thresholds[0] = 1000;
      if (c > 1) thresholds[1] = -1000;
      const some = Int8Array.from({ length: c }, (_, i) => (i % 3 === 0 ? -1 : 1));
      for (const [threshold, direction] of [
        [f32([c], thresholds), tensor('int8', [c], some)],
        [f32([1], [0]), directions(1)],
        [f32([1], [10]), directions(-1)],
      ] as const)
        await expectSameEverywhere({
          op: 'PackBits',
          domain: 'ai.kompakt',
          inputs: [x, threshold, direction],
        });
    }
  });

  test('puts the first channel in bit 0; a value at the threshold is not below it, NaN is', () => {
    const x = f32([1, 10], [0, -1, 1, -0, Number.NaN, 2, -2, 3, Number.NaN, 0]);
    const bits = (direction: number) => [
      ...toNumbers(
        reference({
          op: 'PackBits',
          domain: 'ai.kompakt',
          inputs: [x, f32([1], [0]), directions(direction)],
        })[0],
      ),
    ];
    expect(bits(1)).toEqual([0b10101101, 0b10]);
    expect(bits(-1)).toEqual([0b01010010, 0b01]);
  });
});

describe('BinaryMaxPool', () => {
  const pool = (kernel: number[], strides: number[], pads: number[], ceil = 0): NativeCase => ({
    op: 'BinaryMaxPool',
    domain: 'ai.kompakt',
    attributes: {
      kernel_shape: attr.ints(kernel),
      strides: attr.ints(strides),
      pads: attr.ints(pads),
      dilations: attr.ints([1, 1]),
      ceil_mode: attr.int(ceil),
    },
    inputs: [randomBits([2, 9, 7, 6], 72, 3)],
  });

  test.each([
    ['2x2', pool([2, 2], [2, 2], [0, 0, 0, 0])],
    ['3x2 with padding', pool([3, 2], [1, 2], [1, 0, 1, 1])],
    ['rounded up', pool([2, 2], [2, 2], [0, 0, 0, 0], 1)],
  ])('%s', (_, one) => expectSameEverywhere(one));
});

test('the reference multiplies signs: by hand', () => {
  // x = + - + over three channels; w = + + - and - - -.
  const x = tensor('uint8', [1, 1], Uint8Array.of(0b101));
  const w = tensor('uint8', [2, 1], Uint8Array.of(0b011, 0b000));
  const attributes = { channels: attr.int(3) };
  const run = (op: string, inputs: readonly TensorValue[]) => [
    ...toNumbers(reference({ op, domain: 'ai.kompakt', attributes, inputs: [x, w, ...inputs] })[0]),
  ];
  const [one, zero] = [f32([1], [1]), f32([1], [0])];
  expect(run('BinaryGemm', [one, zero, one, zero])).toEqual([-1, -1]);
  expect(run('BinaryGemm', [f32([2], [3, -2]), one, f32([1], [0.5]), f32([1], [10])])).toEqual([9, 13]);
  const thresholds = (...values: number[]) => tensor('int32', [2], Int32Array.from(values));
  expect(run('BinaryGemmBits', [thresholds(-1, 0)])).toEqual([0b01]);
  expect(run('BinaryGemmBits', [thresholds(-2, -1)])).toEqual([0b11]);
});

test('illegal shapes and attributes are refused', () => {
  const conv = oneBitConv({ channels: 16, filters: 8, output: 'Bits' });
  const withAttributes = (changes: NativeCase['attributes']): NativeCase => ({
    ...conv,
    attributes: { ...conv.attributes, ...changes },
  });
  const code = (one: NativeCase): unknown => {
    try {
      infer(one);
      return null;
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(code(conv)).toBeNull();
  expect(code(withAttributes({ channels: attr.int(17) }))).toBe('KPT_ATTRIBUTE_INVALID');
  expect(code(withAttributes({ channels: attr.int(8) }))).toBe('KPT_ATTRIBUTE_INVALID');
  expect(code(withAttributes({ pad_value: attr.int(2) }))).toBe('KPT_ATTRIBUTE_INVALID');
  const few = tensor('int32', [7], new Int32Array(7));
  expect(code({ ...conv, inputs: conv.inputs.with(2, few) })).toBe('KPT_SHAPE_MISMATCH');
  expect(code({ ...conv, inputs: conv.inputs.with(2, f32([8], new Float32Array(8))) })).toBe(
    'KPT_TYPE_MISMATCH',
  );
  expect(code({ ...conv, inputs: conv.inputs.with(1, randomBits([8, 3, 3, 3], 24, 1)) })).toBe(
    'KPT_ATTRIBUTE_INVALID',
  );
});

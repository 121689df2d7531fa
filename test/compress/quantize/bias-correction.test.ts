import { quantizeWeights } from '../../../lib/compress/quantize/affine.js';
import { ChannelMeans, roundingShift, shiftBias } from '../../../lib/compress/quantize/bias-correction.js';
import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { attr } from '../../../lib/graph/attribute.js';
import type { Graph } from '../../../lib/graph/graph.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { signal } from '../../helpers/models.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { randomFloats } from '../../helpers/random-floats.js';

test('means are per channel: of the axis of channels', () => {
  const images = new ChannelMeans(() => 1);
  images.see(Float32Array.of(1, 3, 10, 20, 3, 5, 30, 40), [2, 2, 1, 2]);
  expect([...images.means()]).toEqual([3, 25]);
  const rows = new ChannelMeans(({ length }) => length - 1);
  rows.see(Float32Array.of(1, 10, 3, 30), [2, 2]);
  expect([...rows.means()]).toEqual([2, 20]);
  const sequences = new ChannelMeans(({ length }) => length - 1);
  sequences.see(Float32Array.of(1, 10, 3, 30, 5, 50), [1, 3, 2]);
  expect([...sequences.means()]).toEqual([3, 30]);
});

// y = W x + b at x = E[x] must be what it was before the weights were rounded.
test.each([
  { name: 'dense, channels first', dims: [3, 4], axis: 0, inputs: 4, groups: 1 },
  { name: 'dense, channels last', dims: [4, 3], axis: 1, inputs: 4, groups: 1 },
  { name: 'convolution', dims: [3, 4, 3, 3], axis: 0, inputs: 4, groups: 1 },
  { name: 'depthwise', dims: [5, 1, 3, 3], axis: 0, inputs: 5, groups: 5 },
  { name: 'grouped', dims: [4, 2, 1, 1], axis: 0, inputs: 4, groups: 2 },
])('$name: the output at the mean input is kept', ({ dims, axis, inputs, groups }) => {
  const weight = f32(dims, signal(dims.reduce((a, b) => a * b)));
  const outputs = dims[axis]!;
  const bias = f32([outputs], signal(outputs, 2));
  const means = Float64Array.from(signal(inputs, 3), (v) => v + 2);
  const quantized = quantizeWeights(weight, { type: 'int8', bits: 4, axis, minScale: () => 0 });
  const scales = toNumbers(quantized.params.scale);
  const taps = dims.slice(2).reduce((a, b) => a * b, 1);
  const rows = dims[1 - axis]!;
  const at = (values: Float64Array, o: number, i: number): number => {
    let sum = 0;
    for (let t = 0; t < taps; t++) sum += values[(axis === 0 ? o * rows + i : i * outputs + o) * taps + t]!;
    return sum;
  };
  const answer = (values: Float64Array, scale: (o: number) => number, b: Float64Array): number[] =>
    Array.from({ length: outputs }, (_, o) => {
      let y = b[o]!;
      const first = Math.floor(o / (outputs / groups)) * rows;
      for (let i = 0; i < rows; i++) y += at(values, o, i) * scale(o) * means[first + i]!;
      return y;
    });
  const wanted = answer(toNumbers(weight), () => 1, toNumbers(bias));
  const shift = roundingShift(weight, axis, quantized, means)!;
  const corrected = toNumbers(shiftBias(bias, shift));
  const before = answer(toNumbers(quantized.value), (o) => scales[o]!, toNumbers(bias));
  const after = answer(toNumbers(quantized.value), (o) => scales[o]!, corrected);
  after.forEach((y, o) => {
    expect(y).toBeCloseTo(wanted[o]!, 4);
  });
  expect(Math.max(...before.map((y, o) => Math.abs(y - wanted[o]!)))).toBeGreaterThan(1e-2);
});

test('means that do not fit, and biases that have other channels, are left alone', () => {
  const weight = f32([3, 4], signal(12));
  const quantized = quantizeWeights(weight, { type: 'int8', bits: 8, axis: 0, minScale: () => 0 });
  expect(roundingShift(weight, 0, quantized, new Float64Array(7))).toBeUndefined();
  const bias = f32([3], [1, 2, 3]);
  expect(shiftBias(bias, new Float64Array(4))).toBe(bias);
});

const relu = (g: TestGraph, x: string) => g.op('Relu', [x]);
const bias = (g: TestGraph, ...dims: number[]) => g.weights(...dims);
const layers: [string, number[], (g: TestGraph) => Graph][] = [
  ['Gemm', [1, 16], (g) => g.done(relu(g, g.op('Gemm', [g.x, g.weights(16, 8), bias(g, 8)])))],
  [
    'Gemm with beta',
    [1, 16],
    (g) => g.done(relu(g, g.op('Gemm', [g.x, g.weights(16, 8), bias(g, 8)], { beta: attr.float(4) }))),
  ],
  [
    'MatMul + Add',
    [1, 16],
    (g) => g.done(relu(g, g.op('Add', [g.op('MatMul', [g.x, g.weights(16, 8)]), bias(g, 8)]))),
  ],
  [
    'Add + MatMul of rank 3',
    [1, 5, 16],
    (g) => g.done(relu(g, g.op('Add', [bias(g, 1, 1, 8), g.op('MatMul', [g.x, g.weights(16, 8)])]))),
  ],
  [
    'MatMul + Add that ends the model',
    [1, 16],
    (g) => g.done(g.op('Add', [g.op('MatMul', [g.x, g.weights(16, 8)]), bias(g, 8)])),
  ],
  [
    'two MatMul with one bias',
    [1, 5, 16],
    (g) => {
      const b = bias(g, 8);
      const half = () => relu(g, g.op('Add', [g.op('MatMul', [g.x, g.weights(16, 8)]), b]));
      return g.done(half(), half());
    },
  ],
];

test.each(layers)('%s: outputs keep their means', async (_, dims, build) => {
  const graph = build(new TestGraph(dims));
  const size = dims.reduce((a, b) => a * b);
  const feeds = Array.from(
    { length: 32 },
    (_, i) =>
      new Map([
        [
          'x',
          f32(
            dims,
            randomFloats(size, i + 1).map((v) => v + 2),
          ),
        ],
      ]),
  );
  const run = async (of: Graph): Promise<number[]> => {
    const executor = await onnxruntimeExecutor(of);
    const found: number[] = [];
    for (const one of feeds)
      for (const value of (await executor(one)).values()) found.push(...toNumbers(value));
    return found;
  };
  const wanted = await run(graph);
  for (const rounding of ['nearest', 'gptq'] as const) {
    const noiseOf = async (biasCorrection: boolean) => {
      const options = {
        weightBits: 3,
        firstLastBits: null,
        rounding,
        biasCorrection,
        equalize: false,
        calibrator: 'min-max',
      } as const;
      const { model } = await quantize(graph, options, { data: feeds, executor: onnxruntimeExecutor });
      return (await run(model)).reduce((sum, v, i) => sum + (v - wanted[i]!) ** 2, 0);
    };
    const [without, corrected] = [await noiseOf(false), await noiseOf(true)];
    expect(corrected).toBeLessThan((rounding === 'nearest' ? 0.3 : 1.05) * without);
  }
});

// Convolutions and poolings against loops over the layout of the file: padding, strides, dilations, groups.
import { type Dims, sizeOf } from '../../../lib/tensor/shape.js';
import { expectClose, floats, ints, runOperator } from '../../helpers/run-tflite.js';
import { int8, int32 } from '../../helpers/tflite-file.js';

interface Window {
  readonly same: boolean;
  readonly stride: number;
  readonly dilation: number;
}

/** Output size and padding before, by the rules of TensorFlow. */
function placed(size: number, kernel: number, { same, stride, dilation }: Window): readonly [number, number] {
  const span = (kernel - 1) * dilation + 1;
  if (!same) return [Math.floor((size - span) / stride) + 1, 0];
  const out = Math.ceil(size / stride);
  return [out, Math.floor(Math.max(0, (out - 1) * stride + span - size) / 2)];
}

/** For every output position and kernel tap inside the input of [1,H,W,C]: output (y, x), tap, input pixel. */
function* taps(x: Dims, kernel: readonly [number, number], window: Window) {
  const [outH, top] = placed(x[1], kernel[0], window);
  const [outW, left] = placed(x[2], kernel[1], window);
  for (let oy = 0; oy < outH; oy++)
    for (let ox = 0; ox < outW; ox++)
      for (let ky = 0; ky < kernel[0]; ky++)
        for (let kx = 0; kx < kernel[1]; kx++) {
          const iy = oy * window.stride - top + ky * window.dilation;
          const ix = ox * window.stride - left + kx * window.dilation;
          if (iy >= 0 && iy < x[1] && ix >= 0 && ix < x[2])
            yield { out: oy * outW + ox, tap: ky * kernel[1] + kx, pixel: iy * x[2] + ix };
        }
}

const windows: readonly Window[] = [
  { same: true, stride: 1, dilation: 1 },
  { same: true, stride: 2, dilation: 1 },
  { same: true, stride: 3, dilation: 1 },
  { same: true, stride: 1, dilation: 2 },
  { same: false, stride: 1, dilation: 1 },
  { same: false, stride: 2, dilation: 1 },
];

describe.each(windows)('window %j', (window) => {
  const x = [1, 8, 7, 4];
  const kernel = [3, 2] as const;
  const outDims = (channels: number): number[] => [
    1,
    placed(x[1], kernel[0], window)[0],
    placed(x[2], kernel[1], window)[0],
    channels,
  ];
  const options = (dilationSlots: readonly [number, number]) => ({
    0: int8(window.same ? 0 : 1),
    1: int32(window.stride),
    2: int32(window.stride),
    [dilationSlots[0]]: int32(window.dilation),
    [dilationSlots[1]]: int32(window.dilation),
  });
  const data = floats(x);

  test.each([4, 2])('CONV_2D over %i channels a group, with Relu6', (depth) => {
    const filters = 6;
    const w = floats([filters, ...kernel, depth], 2);
    const b = floats([filters], 3);
    const y = outDims(filters);
    const wanted = new Float64Array(sizeOf(y)).map((_, i) => b[i % filters]);
    for (const { out, tap, pixel } of taps(x, kernel, window))
      for (let o = 0; o < filters; o++) {
        const first = Math.floor(o / (filters / (4 / depth))) * depth;
        for (let c = 0; c < depth; c++)
          wanted[out * filters + o] += data[pixel * 4 + first + c] * w[(o * 6 + tap) * depth + c];
      }
    const constants = { w: { dims: [filters, ...kernel, depth], data: w }, b: { dims: [filters], data: b } };
    const operator = {
      kind: 'CONV_2D',
      inputs: ['x', 'w', 'b'],
      options: { ...options([4, 5]), 3: int8(3) },
    };
    expectClose(
      runOperator(x, y, operator, constants),
      wanted.map((v) => Math.min(6, Math.max(0, v))),
    );
  });

  test('DEPTHWISE_CONV_2D with two filters a channel', () => {
    const w = floats([1, ...kernel, 8], 4);
    const y = outDims(8);
    const wanted = new Float64Array(sizeOf(y));
    for (const { out, tap, pixel } of taps(x, kernel, window))
      for (let o = 0; o < 8; o++) wanted[out * 8 + o] += data[pixel * 4 + (o >> 1)] * w[tap * 8 + o];
    const operator = {
      kind: 'DEPTHWISE_CONV_2D',
      inputs: ['x', 'w'],
      options: { ...options([5, 6]), 3: int32(2) },
    };
    expectClose(runOperator(x, y, operator, { w: { dims: [1, ...kernel, 8], data: w } }), wanted);
  });

  if (window.dilation > 1) return;
  test('AVERAGE_POOL_2D and MAX_POOL_2D', () => {
    const y = outDims(4);
    const sums = new Float64Array(sizeOf(y));
    const counts = new Float64Array(sizeOf(y));
    const largest = new Float64Array(sizeOf(y)).fill(-Infinity);
    for (const { out, pixel } of taps(x, kernel, window))
      for (let c = 0; c < 4; c++) {
        const v = data[pixel * 4 + c];
        sums[out * 4 + c] += v;
        counts[out * 4 + c]++;
        largest[out * 4 + c] = Math.max(largest[out * 4 + c], v);
      }
    const pool = { ...options([9, 10]), 3: int32(kernel[1]), 4: int32(kernel[0]) };
    expectClose(
      runOperator(x, y, { kind: 'AVERAGE_POOL_2D', options: pool }),
      sums.map((v, i) => v / counts[i]),
    );
    expectClose(runOperator(x, y, { kind: 'MAX_POOL_2D', options: pool }), largest);
  });
});

test('TRANSPOSE_CONV turns a convolution around', () => {
  for (const same of [true, false])
    for (const [size, stride] of [
      [7, 2],
      [8, 2],
      [5, 1],
    ]) {
      const window = { same, stride, dilation: 1 };
      const y = [1, size, size, 2];
      const [rows] = placed(size, 3, window);
      const x = [1, rows, rows, 3];
      const [data, w] = [floats(x), floats([2, 3, 3, 3], 6)];
      const wanted = new Float64Array(sizeOf(y));
      for (const { out, tap, pixel } of taps(y, [3, 3], window))
        for (let o = 0; o < 2; o++)
          for (let c = 0; c < 3; c++) wanted[pixel * 2 + o] += data[out * 3 + c] * w[(o * 9 + tap) * 3 + c];
      const constants = { shape: ints(...y), w: { dims: [2, 3, 3, 3], data: w } };
      const options = { 0: int8(same ? 0 : 1), 1: int32(stride), 2: int32(stride) };
      expectClose(
        runOperator(x, y, { kind: 'TRANSPOSE_CONV', inputs: ['shape', 'w', 'x'], options }, constants),
        wanted,
      );
    }
});

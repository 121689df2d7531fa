// Small TensorFlow Lite models that use many operators: an integer convolutional net, and a float net that moves tensors.
import { type FileTensor, float32, int8, int32, type TfliteFile } from './tflite-file.js';

const bytes = (count: number, seed: number): Int8Array =>
  Int8Array.from({ length: count }, (_, i) => ((i * 37 + seed * 11) % 255) - 127);

const activation = (dims: readonly number[], scale: number, zero: number): FileTensor => ({
  dims,
  type: 'int8',
  scale: [scale, zero],
});

/** Conv (SAME, stride 2, ReLU6), depthwise, residual Add, padded conv, pools, Mean, fully connected, Softmax. */
export const integerNet: TfliteFile = {
  description: 'made for tests',
  inputs: ['image'],
  outputs: ['classes'],
  tensors: {
    image: activation([1, 9, 8, 3], 0.02, -5),
    w1: {
      dims: [4, 3, 3, 3],
      type: 'int8',
      data: bytes(108, 1),
      scales: { axis: 0, values: [0.01, 0.02, 0.015, 0.01] },
    },
    b1: { dims: [4], type: 'int32', data: Int32Array.of(100, -200, 300, 0) },
    a1: activation([1, 5, 4, 4], 0.0235, -128),
    w2: {
      dims: [1, 3, 3, 4],
      type: 'int8',
      data: bytes(36, 2),
      scales: { axis: 3, values: [0.01, 0.004, 0.01, 0.02] },
    },
    b2: { dims: [4], type: 'int32', data: Int32Array.of(10, 20, -30, 40) },
    a2: activation([1, 5, 4, 4], 0.1, 3),
    a3: activation([1, 5, 4, 4], 0.1, -20),
    pads: { dims: [4, 2], type: 'int32', data: Int32Array.of(0, 0, 1, 1, 1, 1, 0, 0) },
    a4: activation([1, 7, 6, 4], 0.1, -20),
    w3: { dims: [4, 3, 3, 4], type: 'int8', data: bytes(144, 3), scale: [0.01, 0] },
    a5: activation([1, 5, 4, 4], 0.2, 0),
    a6: activation([1, 4, 3, 4], 0.2, 0),
    a7: activation([1, 4, 3, 4], 0.2, 0),
    axes: { dims: [2], type: 'int32', data: Int32Array.of(1, 2) },
    a8: activation([1, 4], 0.1, 1),
    w4: { dims: [3, 4], type: 'int8', data: bytes(12, 4), scale: [0.02, 0] },
    b4: { dims: [3], type: 'int32', data: Int32Array.of(1, 2, 3) },
    a9: activation([1, 3], 0.05, 4),
    classes: activation([1, 3], 1 / 256, -128),
  },
  operators: [
    {
      kind: 'CONV_2D',
      inputs: ['image', 'w1', 'b1'],
      outputs: ['a1'],
      options: { 1: int32(2), 2: int32(2), 3: int8(3) },
    },
    {
      kind: 'DEPTHWISE_CONV_2D',
      inputs: ['a1', 'w2', 'b2'],
      outputs: ['a2'],
      options: { 1: int32(1), 2: int32(1), 3: int32(1) },
    },
    { kind: 'ADD', inputs: ['a1', 'a2'], outputs: ['a3'], options: { 0: int8(1) } },
    { kind: 'PAD', inputs: ['a3', 'pads'], outputs: ['a4'] },
    {
      kind: 'CONV_2D',
      inputs: ['a4', 'w3', ''],
      outputs: ['a5'],
      options: { 0: int8(1), 1: int32(1), 2: int32(1) },
    },
    {
      kind: 'MAX_POOL_2D',
      inputs: ['a5'],
      outputs: ['a6'],
      options: { 0: int8(1), 1: int32(1), 2: int32(1), 3: int32(2), 4: int32(2) },
    },
    {
      kind: 'AVERAGE_POOL_2D',
      inputs: ['a6'],
      outputs: ['a7'],
      options: { 1: int32(1), 2: int32(1), 3: int32(2), 4: int32(2) },
    },
    { kind: 'MEAN', inputs: ['a7', 'axes'], outputs: ['a8'] },
    { kind: 'FULLY_CONNECTED', inputs: ['a8', 'w4', 'b4'], outputs: ['a9'] },
    { kind: 'SOFTMAX', inputs: ['a9'], outputs: ['classes'], options: { 0: float32(1) } },
  ],
};

const numbers = (...values: number[]): FileTensor => ({
  dims: [values.length],
  type: 'int32',
  data: Int32Array.from(values),
});

/** Unpack, StridedSlice, Split, Concatenation, Pack, Transpose, Reshape and arithmetic on floats, weights of 8 bits. */
export const movingNet: TfliteFile = {
  inputs: ['x', 'state'],
  outputs: ['y', 'next'],
  tensors: {
    x: { dims: [2, 1, 4] },
    state: { dims: [1, 2, 4, 2] },
    rows: { dims: [2, 4] },
    begin: numbers(0, 1, 0, 0),
    end: numbers(0, 2, 0, 1),
    ones: numbers(1, 1, 1, 1),
    taken: { dims: [1, 4] },
    w: { dims: [6, 4], type: 'int8', data: bytes(24, 5), scale: [0.03, 0] },
    b: { dims: [6], data: Float32Array.of(1, 2, 3, -1, -2, -3) },
    product: { dims: [2, 6] },
    axis: { dims: [], type: 'int32', data: Int32Array.of(1) },
    left: { dims: [2, 3] },
    right: { dims: [2, 3] },
    gate: { dims: [2, 3] },
    gated: { dims: [2, 3] },
    joined: { dims: [2, 7] },
    column: { dims: [1], data: Float32Array.of(0.5) },
    leftColumn: { dims: [2, 1] },
    origin: numbers(0, 2),
    size: numbers(-1, 1),
    y: { dims: [2, 7] },
    perm: numbers(1, 0),
    turned: { dims: [4, 1] },
    shape: numbers(1, 4),
    flat: { dims: [1, 4] },
    next: { dims: [1, 2, 4] },
  },
  operators: [
    { kind: 'UNPACK', inputs: ['x'], outputs: ['rows'], options: { 0: int32(1), 1: int32(1) } },
    {
      kind: 'STRIDED_SLICE',
      inputs: ['state', 'begin', 'end', 'ones'],
      outputs: ['taken'],
      options: { 0: int32(5), 1: int32(5), 4: int32(10) },
    },
    { kind: 'FULLY_CONNECTED', inputs: ['rows', 'w', 'b'], outputs: ['product'], options: { 0: int8(1) } },
    { kind: 'SPLIT', inputs: ['axis', 'product'], outputs: ['left', 'right'], options: { 0: int32(2) } },
    { kind: 'LOGISTIC', inputs: ['left'], outputs: ['gate'] },
    { kind: 'MUL', inputs: ['gate', 'right'], outputs: ['gated'] },
    { kind: 'SLICE', inputs: ['left', 'origin', 'size'], outputs: ['leftColumn'] },
    {
      kind: 'CONCATENATION',
      inputs: ['gated', 'left', 'leftColumn'],
      outputs: ['joined'],
      options: { 0: int32(-1) },
    },
    { kind: 'SQUARED_DIFFERENCE', inputs: ['joined', 'column'], outputs: ['y'] },
    { kind: 'TRANSPOSE', inputs: ['taken', 'perm'], outputs: ['turned'] },
    { kind: 'RESHAPE', inputs: ['turned', 'shape'], outputs: ['flat'] },
    { kind: 'PACK', inputs: ['flat', 'taken'], outputs: ['next'], options: { 0: int32(2), 1: int32(1) } },
  ],
};

// The cases of test/run/differentiate.test.ts: at least one for every operator that has a gradient.
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute } from '../../lib/graph/graph.js';
import { f32, i64, type TensorValue, tensor } from '../../lib/tensor/tensor.js';
import type { GradientCase } from './gradient-case.js';
import { layerCases } from './gradient-layer-cases.js';
import { surrogateCases } from './surrogate-cases.js';

const int = (value: number): Attribute => ({ type: 'int', value });
const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const float = (value: number): Attribute => ({ type: 'float', value });
const text = (value: string): Attribute => ({ type: 'string', value });

const unary = (op: string, { name = '', ...rest }: Partial<GradientCase> = {}): GradientCase => ({
  name: op + name,
  op,
  inputs: [[3, 7]],
  ...rest,
});

const activations: readonly GradientCase[] = [
  unary('Abs', { away: 0.05 }),
  unary('Acos', { range: [-0.8, 0.8] }),
  unary('Acosh', { range: [1.2, 3] }),
  unary('Asin', { range: [-0.8, 0.8] }),
  unary('Asinh'),
  unary('Atan'),
  unary('Atanh', { range: [-0.8, 0.8] }),
  unary('Celu', { attributes: { alpha: float(0.5) }, away: 0.05 }),
  unary('Cos'),
  unary('Cosh'),
  unary('Elu', { attributes: { alpha: float(0.7) }, away: 0.05 }),
  unary('Erf'),
  unary('Exp'),
  unary('Gelu', { opset: 20 }),
  unary('Gelu', { name: ' by tanh', opset: 20, attributes: { approximate: text('tanh') } }),
  unary('HardSigmoid', { range: [-4, 4], grid: 2.5, away: 0.05 }),
  unary('HardSwish', { range: [-5, 5], grid: 3, away: 0.05 }),
  unary('LeakyRelu', { attributes: { alpha: float(0.1) }, away: 0.05 }),
  unary('Log', { range: [0.3, 2] }),
  unary('Mish'),
  unary('Neg'),
  unary('Reciprocal', { range: [0.5, 2] }),
  unary('Relu', { away: 0.05 }),
  unary('Selu', { away: 0.05 }),
  unary('Sigmoid'),
  unary('Sin'),
  unary('Sinh'),
  unary('Softplus'),
  unary('Softsign', { away: 0.05 }),
  unary('Sqrt', { range: [0.3, 2] }),
  unary('Swish', { opset: 24, attributes: { alpha: float(1.3) } }),
  unary('Tan', { range: [-1, 1] }),
  unary('Tanh'),
  unary('ThresholdedRelu', { attributes: { alpha: float(1) }, away: 0.05 }),
].map((test) => ({
  ...test,
  ...(test.op === 'Celu' ? { host: 'the function has no step' } : {}),
}));

const scalarF32 = (v: number): TensorValue => f32([], [v]);

const arithmetic: readonly GradientCase[] = [
  {
    name: 'Add',
    op: 'Add',
    inputs: [
      [2, 3],
      [2, 3],
    ],
  },
  {
    name: 'Add broadcasting both',
    op: 'Add',
    inputs: [
      [4, 1, 3],
      [5, 1],
    ],
  },
  { name: 'Sub broadcasting', op: 'Sub', inputs: [[3], [2, 1]] },
  {
    name: 'Mul',
    op: 'Mul',
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
  },
  { name: 'Mul of a scalar', op: 'Mul', inputs: [[], [2, 3]] },
  { name: 'Div', op: 'Div', inputs: [[2, 3], [3]], range: [0.5, 2] },
  { name: 'Pow', op: 'Pow', inputs: [[2, 3], [3]], range: [0.5, 2] },
  {
    name: 'Pow by integers',
    op: 'Pow',
    inputs: [[2, 3], i64([3, 0, 2])],
    host: 'the step of Pow takes floats',
  },
  {
    name: 'PRelu',
    op: 'PRelu',
    inputs: [
      [2, 3, 4],
      [3, 1],
    ],
    away: 0.05,
  },
  { name: 'Sum of three', op: 'Sum', inputs: [[2, 3], [3], [2, 1]] },
  { name: 'Mean of two', op: 'Mean', inputs: [[2, 3], [3]] },
  { name: 'Max', op: 'Max', inputs: [[2, 5], [5]] },
  { name: 'Min', op: 'Min', inputs: [[2, 5], [5]] },
  {
    name: 'Where',
    op: 'Where',
    inputs: [tensor('bool', [4], Uint8Array.of(1, 0, 0, 1)), [3, 4], [4]],
  },
  { name: 'Clip', op: 'Clip', inputs: [[3, 7], scalarF32(-1), scalarF32(1)], away: 0.05 },
  { name: 'Clip below only', op: 'Clip', inputs: [[3, 7], scalarF32(-1)], away: 0.05 },
  {
    name: 'Shrink',
    op: 'Shrink',
    inputs: [[3, 7]],
    attributes: { lambd: float(1) },
    away: 0.05,
  },
  { name: 'Identity', op: 'Identity', inputs: [[3]] },
  { name: 'Dropout at inference', op: 'Dropout', inputs: [[3, 2]] },
];

const products: readonly GradientCase[] = [
  { name: 'Gemm', op: 'Gemm', inputs: [[3, 4], [4, 5], [5]] },
  { name: 'Gemm transposed B', op: 'Gemm', inputs: [[3, 4], [5, 4], [5]], attributes: { transB: int(1) } },
  {
    name: 'Gemm both transposed, with factors',
    op: 'Gemm',
    inputs: [
      [4, 3],
      [5, 4],
      [3, 5],
    ],
    attributes: { transA: int(1), transB: int(1), alpha: float(0.5), beta: float(2) },
    host: 'beta of a C that is no constant has no step',
  },
  {
    name: 'Gemm transposed A',
    op: 'Gemm',
    inputs: [
      [4, 3],
      [4, 5],
    ],
    attributes: { transA: int(1) },
  },
  {
    name: 'MatMul',
    op: 'MatMul',
    inputs: [
      [3, 4],
      [4, 5],
    ],
  },
  {
    name: 'MatMul of a batch and a matrix',
    op: 'MatMul',
    inputs: [
      [2, 3, 4],
      [4, 5],
    ],
  },
  {
    name: 'MatMul of batches',
    op: 'MatMul',
    inputs: [
      [2, 1, 3, 4],
      [3, 4, 5],
    ],
  },
  { name: 'MatMul of vectors', op: 'MatMul', inputs: [[4], [4]] },
  { name: 'MatMul of a vector and a matrix', op: 'MatMul', inputs: [[4], [2, 4, 3]] },
  { name: 'MatMul of a batch and a vector', op: 'MatMul', inputs: [[2, 3, 4], [4]] },
];

const reductions: readonly GradientCase[] = [
  ...['ReduceSum', 'ReduceMean', 'ReduceSumSquare', 'ReduceLogSumExp', 'ReduceL2'].map(
    (op): GradientCase => ({ name: op, op, inputs: [[2, 3, 4], i64([1])] }),
  ),
  {
    name: 'ReduceSum of all, dropping axes',
    op: 'ReduceSum',
    inputs: [[2, 3]],
    attributes: { keepdims: int(0) },
  },
  {
    name: 'ReduceMean dropping axes',
    op: 'ReduceMean',
    inputs: [[2, 3, 4], i64([0, -1])],
    attributes: { keepdims: int(0) },
  },
  { name: 'ReduceL1', op: 'ReduceL1', inputs: [[2, 3, 4], i64([1])], away: 0.05 },
  { name: 'ReduceLogSum', op: 'ReduceLogSum', inputs: [[2, 3, 4], i64([1])], range: [0.5, 2] },
  { name: 'ReduceProd', op: 'ReduceProd', inputs: [[2, 3, 4], i64([1])] },
  { name: 'ReduceMax', op: 'ReduceMax', inputs: [[2, 3, 4], i64([1])] },
  ...['ReduceMax', 'ReduceProd'].map(
    (op): GradientCase => ({
      name: `${op} over no axes`,
      op,
      inputs: [[2, 3]],
      attributes: { noop_with_empty_axes: int(1) },
    }),
  ),
  { name: 'ReduceMin', op: 'ReduceMin', inputs: [[2, 3, 4], i64([1])] },
];

const movements: readonly GradientCase[] = [
  { name: 'Reshape', op: 'Reshape', inputs: [[2, 6], i64([3, -1])] },
  { name: 'Flatten', op: 'Flatten', inputs: [[2, 3, 2]] },
  { name: 'Squeeze', op: 'Squeeze', inputs: [[2, 1, 3], i64([1])] },
  { name: 'Unsqueeze', op: 'Unsqueeze', inputs: [[2, 3], i64([0, 3])] },
  { name: 'Transpose', op: 'Transpose', inputs: [[2, 3, 4, 5]], attributes: { perm: ints(2, 0, 3, 1) } },
  { name: 'Transpose reversed', op: 'Transpose', inputs: [[2, 3, 4]] },
  { name: 'Expand', op: 'Expand', inputs: [[3, 1], i64([2, 3, 4])] },
  { name: 'Tile', op: 'Tile', inputs: [[2, 3], i64([3, 2])] },
  {
    name: 'Concat',
    op: 'Concat',
    inputs: [
      [2, 3, 2],
      [2, 1, 2],
      [2, 4, 2],
    ],
    attributes: { axis: int(1) },
  },
  { name: 'Split', op: 'Split', inputs: [[2, 7], i64([2, 4, 1])], attributes: { axis: int(1) }, outputs: 3 },
  { name: 'Split of which one part is unused', op: 'Split', inputs: [[6, 2]], outputs: 3, used: [0, 2] },
  { name: 'Slice', op: 'Slice', inputs: [[5, 6], i64([1, 2]), i64([4, 6])] },
  {
    name: 'Slice with steps',
    op: 'Slice',
    inputs: [[5, 6], i64([4, 0]), i64([-9, 6]), i64([0, 1]), i64([-2, 3])],
  },
  { name: 'Pad', op: 'Pad', inputs: [[3, 4], i64([1, 0, 2, 1])] },
  { name: 'Pad that also crops', op: 'Pad', inputs: [[3, 4], i64([1, -1, 0, 2])] },
  ...['reflect', 'edge', 'wrap'].map(
    (mode): GradientCase => ({
      name: `Pad ${mode}`,
      op: 'Pad',
      opset: 19,
      inputs: [[3, 4], i64([2, 1, 1, 2])],
      attributes: { mode: text(mode) },
    }),
  ),
  { name: 'Gather', op: 'Gather', inputs: [[5, 3], i64([4, 0, 4, -2])] },
  {
    name: 'Gather along the middle',
    op: 'Gather',
    inputs: [[2, 4, 3], i64([1, 1, 3, 0], [2, 2])],
    attributes: { axis: int(1) },
  },
  {
    name: 'Resize linear',
    op: 'Resize',
    inputs: [[1, 2, 3, 4], null, f32([4], [1, 1, 2, 1.5])],
    attributes: { mode: text('linear') },
  },
  {
    name: 'Resize nearest',
    op: 'Resize',
    inputs: [[1, 2, 3, 4], null, null, i64([1, 2, 5, 8])],
    attributes: { mode: text('nearest') },
  },
];

/** a * a * b with b broadcast: what Gradient differentiates once, and its case once more. */
function product(): Attribute {
  const g = new GraphBuilder('product');
  const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', null));
  const [square] = g.node('Mul', [a!, a!]);
  g.output(g.node('Mul', [square!, b!])[0]!, 'float32');
  return { type: 'graph', value: g.build() };
}

const second: readonly GradientCase[] = [
  {
    name: 'Gradient',
    op: 'Gradient',
    domain: 'ai.onnx.preview.training',
    inputs: [[3, 2], [2]],
    attributes: { body: product() },
    outputs: 2,
  },
];

export const gradientCases: readonly GradientCase[] = [
  ...activations,
  ...arithmetic,
  ...products,
  ...reductions,
  ...movements,
  ...layerCases,
  ...surrogateCases,
  ...second,
];

// The bias of integer products: int32 in the unit of their sums, unless rounding it to that would be felt.
import { attr } from '../../../lib/graph/attribute.js';
import type { Attribute } from '../../../lib/graph/graph.js';
import { fuseMatMulBias } from '../../../lib/passes/fuse-mat-mul-bias.js';
import { fuseQdq } from '../../../lib/passes/fuse-qdq.js';
import { f32, fromNumbers } from '../../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

/** Weights of `bits` bits behind a DequantizeLinear, all of them together of reach 1. */
function weights(g: TestGraph, dims: readonly number[], bits: number): string {
  const most = 2 ** (bits - 1) - 1;
  const count = dims.reduce((a, b) => a * b, 1);
  const q = fromNumbers('int8', dims, randomFloats(count, 3, most + 0.9).map(Math.trunc));
  return g.op('DequantizeLinear', [g.constant('q', q), g.number(1 / most)]);
}

type Form = readonly [
  op: string,
  made: string,
  x: readonly number[],
  w: readonly number[],
  attributes: Readonly<Record<string, Attribute>>,
];

const forms: readonly Form[] = [
  ['Conv', 'ai.kompakt:QConv', [1, 4, 5, 5], [6, 4, 3, 3], {}],
  ['Conv', 'ai.kompakt:QConv', [1, 4, 5], [6, 4, 3], {}],
  ['ConvTranspose', 'ai.kompakt:QConvTranspose', [1, 4, 5, 5], [4, 6, 3, 3], {}],
  ['Gemm', 'com.microsoft:QGemm', [3, 4], [6, 4], { transB: attr.int(1), beta: attr.float(0.5) }],
  ['MatMul', 'com.microsoft:QGemm', [2, 3, 4], [4, 6], {}],
];

/** A product with a float bias between quantisers of `bits` bits (x) and 8 bits (y), clamped as by a Relu. */
function operatorsOf([op, , x, w, attributes]: Form, bits: number, tolerance: number) {
  const g = new TestGraph(x);
  const [step, scale] = [8 / (2 ** bits - 1), 0.0371];
  const half = 2 ** (bits - 1);
  const inputs = [
    g.qdq(g.op('Clip', [g.x, g.number(-half * step), g.number((half - 1) * step)]), step, half),
  ];
  inputs.push(weights(g, w, bits));
  const bias = g.weights(6);
  const product = op === 'MatMul' ? g.op('Add', [g.op(op, inputs), bias]) : undefined;
  const y = g.qdq(g.op('Relu', [product ?? g.op(op, [...inputs, bias], attributes)]), scale, 0);
  return checkPass([fuseMatMulBias, fuseQdq], g.done(y), tolerance * scale).ops;
}

test.each(forms)('%s as %s adds a float bias as it is where few bits would round it away', (...form) => {
  // Outputs are the same integers.
  const ops = operatorsOf(form, 2, 1e-3);
  expect(ops).toContain(form[1]);
  expect(ops).toContain('Add');
});

test.each(forms)('%s as %s takes it along with 8 bits', (...form) => {
  const ops = operatorsOf(form, 8, 1.01);
  expect(ops).toContain(form[1]);
  expect(ops).not.toContain('Add');
});

test('a product whose bias no int32 can hold stays in float', () => {
  const g = new TestGraph([3, 4]);
  const bias = g.constant('b', f32([6], new Float32Array(6).fill(1e6)));
  const inputs = [
    g.qdq(g.x, 1e-4, 128),
    g.op('DequantizeLinear', [
      g.constant('q', fromNumbers('int8', [4, 6], randomFloats(24, 3, 127).map(Math.trunc))),
      g.number(1e-6),
    ]),
    bias,
  ];
  const { ops } = checkPass(fuseQdq, g.done(g.qdq(g.op('Gemm', inputs), 1e4, 0)), 0);
  expect(ops).toContain('Gemm');
});

// Rows times weights must be what the operator computes.
import { attr } from '../../../lib/graph/attribute.js';
import type { Node } from '../../../lib/graph/graph.js';
import { opOf } from '../../../lib/ops/index.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, toNumbers } from '../../../lib/tensor/tensor.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { randomFloats } from '../../helpers/random-floats.js';

const sizeOf = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

interface Case {
  readonly op?: string;
  readonly x: readonly number[];
  readonly w: readonly number[];
  readonly attributes?: Node['attributes'];
}

const ints = (...values: number[]) => attr.ints(values);

const cases: readonly Case[] = [
  { x: [1, 1, 1, 1], w: [1, 1, 1, 1] },
  { x: [2, 3, 5, 4], w: [4, 3, 3, 2] },
  { x: [1, 3, 7, 8], w: [2, 3, 3, 3], attributes: { pads: ints(1, 0, 2, 1), strides: ints(2, 3) } },
  { x: [2, 2, 9, 9], w: [3, 2, 3, 3], attributes: { dilations: ints(2, 3), pads: ints(2, 3, 2, 3) } },
  {
    x: [2, 6, 5, 5],
    w: [4, 3, 3, 3],
    attributes: { group: attr.int(2), auto_pad: attr.string('SAME_UPPER') },
  },
  {
    x: [2, 5, 6, 4],
    w: [5, 1, 3, 3],
    attributes: { group: attr.int(5), auto_pad: attr.string('SAME_LOWER'), strides: ints(2, 2) },
  },
  { x: [2, 3, 11], w: [4, 3, 5], attributes: { pads: ints(2, 1) } },
  { x: [1, 2, 4, 3, 5], w: [3, 2, 2, 3, 2], attributes: { pads: ints(1, 0, 1, 0, 2, 0) } },
  { op: 'Gemm', x: [3, 7], w: [7, 4] },
  { op: 'Gemm', x: [3, 7], w: [4, 7], attributes: { transB: attr.int(1) } },
  { op: 'MatMul', x: [2, 3, 5], w: [5, 6] },
  { op: 'MatMul', x: [5], w: [5, 2] },
];

test.each(cases)('$op $x by $w $attributes', ({ op = 'Conv', x, w, attributes = {} }) => {
  const g = new TestGraph([...x]);
  const values = randomFloats(sizeOf(x), 3);
  const weights = randomFloats(sizeOf(w), 5);
  const name = g.constant('w', f32([...w], weights));
  const graph = g.done(g.op(op, [g.x, name], attributes));
  const node = graph.nodes.find((n) => n.op === op)!;
  const rule = opOf(node).quantize;
  if (rule.kind !== 'weighted') throw new Error('not weighted');
  const rows = rule.rows({ node, x, weightDims: w })!;
  const axis = rule.axis({ node, weightDims: w });
  const channels = w[axis]!;
  const [y] = [...runReference(graph, new Map([['x', f32([...x], values)]])).values()];
  const wanted = toNumbers(y!);
  expect(rows.count * channels).toBe(wanted.length);
  expect(rows.depth * channels).toBe(weights.length);

  // Output [N,O,positions] of convolutions, [...,O] of products.
  const batch = op === 'Conv' ? x[0]! : 1;
  const positions = rows.count / batch;
  const row = new Float32Array(rows.depth + 1);
  for (let r = 0; r < rows.count; r++)
    for (let o = 0; o < channels; o++) {
      rows.copy(values, Math.floor(o / (channels / rows.groups)), r, row, 1);
      let sum = 0;
      for (let k = 0; k < rows.depth; k++)
        sum += row[1 + k]! * weights[axis === 0 ? o * rows.depth + k : k * channels + o]!;
      const at =
        op === 'Conv'
          ? (Math.floor(r / positions) * channels + o) * positions + (r % positions)
          : r * channels + o;
      expect(Math.abs(sum - wanted[at]!)).toBeLessThan(1e-5);
    }
});

test('transposed convolutions and products of a transposed activation have none', () => {
  for (const [op, x, w, attributes] of [
    ['ConvTranspose', [1, 2, 4, 4], [2, 3, 2, 2], {}],
    ['Gemm', [7, 3], [7, 4], { transA: attr.int(1) }],
  ] as const) {
    const g = new TestGraph([...x]);
    const node = g.done(g.op(op, [g.x, g.weights(...w)], attributes)).nodes.at(-1)!;
    const rule = opOf(node).quantize;
    expect(rule.kind === 'weighted' && rule.rows({ node, x, weightDims: w })).toBeNull();
  }
});

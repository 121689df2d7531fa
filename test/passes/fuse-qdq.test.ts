import { attr } from '../../lib/graph/attribute.js';
import { fuseIntegerTails } from '../../lib/passes/fuse-integer-tails.js';
import { fuseQdq } from '../../lib/passes/fuse-qdq.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';
import { randomFloats } from '../helpers/random-floats.js';

/** int8 weights behind a DequantizeLinear with one scale, very different from the next, per index of `axis`. */
function weights(g: TestGraph, dims: readonly number[], axis = 0): string {
  const count = dims.reduce((a, b) => a * b, 1);
  const q = fromNumbers('int8', dims, randomFloats(count, 3, 127).map(Math.trunc));
  const channels = dims.at(axis)!;
  const scales = f32(
    [channels],
    Float32Array.from({ length: channels }, (_, i) => 0.01 / (1 + i)),
  );
  const inputs = [g.constant('q', q), g.constant('s', scales)];
  return g.op('DequantizeLinear', inputs, { axis: attr.int(axis) });
}

/** Rounding apart (float sums against integer sums), one step of the output scale may differ. */
const oneStep = (scale: number) => scale * 1.01;
const around = (...ops: string[]) => ['QuantizeLinear', ...ops, 'DequantizeLinear'];

describe('fuse-qdq', () => {
  it('Conv between DequantizeLinear and QuantizeLinear -> QConv', () => {
    for (const type of ['uint8', 'int8'] as const) {
      const g = new TestGraph();
      const zero = type === 'uint8' ? 128 : 0;
      const y = g.op('Conv', [g.qdq(g.x, 0.05, zero, type), weights(g, [4, 3, 3, 3]), g.weights(4)]);
      const { ops } = checkPass(fuseQdq, g.done(g.qdq(y, 0.1, zero, type)), oneStep(0.1));
      expect(ops).toEqual(around('ai.kompakt:QConv'));
    }
  });

  it.each([
    ['Conv', [4, 4, 3, 3], 0, {}, true],
    ['Conv', [4, 4, 3, 3], -4, {}, true],
    ['Conv', [4, 4, 3, 3], 1, {}, false],
    ['Conv', [4, 4, 3, 3], -3, {}, false],
    ['Conv', [8, 4, 3, 3], 1, {}, false],
    ['ConvTranspose', [4, 4, 3, 3], 1, {}, true],
    ['ConvTranspose', [4, 2, 3, 3], -3, { group: attr.int(2) }, true],
    ['ConvTranspose', [4, 4, 3, 3], 0, {}, false],
    ['ConvTranspose', [4, 6, 3, 3], 0, {}, false],
    ['MatMul', [4, 4], 1, {}, true],
    ['MatMul', [4, 4], -1, {}, true],
    ['MatMul', [4, 4], 0, {}, false],
    ['MatMul', [4, 6], 0, {}, false],
    ['Gemm', [4, 4], 1, {}, true],
    ['Gemm', [4, 4], -2, {}, false],
    ['Gemm', [4, 4], 0, { transB: attr.int(1) }, true],
    ['Gemm', [4, 4], -1, { transB: attr.int(1) }, false],
    ['Gemm', [4, 4], 1, { transA: attr.int(1) }, false],
  ] as const)('%s with weights %j scaled along axis %d, %j', (op, dims, axis, attributes, fuses) => {
    const g = new TestGraph(dims.length === 4 ? [1, 4, 5, 5] : [4, 4]);
    const y = g.op(op, [g.qdq(g.x, 0.05, 120), weights(g, dims, axis)], attributes);
    const { ops } = checkPass(fuseQdq, g.done(g.qdq(y, 0.1, 120)), fuses ? oneStep(0.1) : 0);
    expect(ops.includes(op)).toBe(!fuses);
  });

  it('takes Relu and Clip along as clamps', () => {
    const g = new TestGraph();
    const conv = g.op('Conv', [g.qdq(g.x, 0.05, 128), weights(g, [4, 3, 3, 3])]);
    const y = g.op('Clip', [g.op('Relu', [conv]), g.number(-1), g.number(3)]);
    const { ops, graph } = checkPass(fuseQdq, g.done(g.qdq(y, 0.1, 128)), oneStep(0.1));
    expect(ops).toEqual(around('ai.kompakt:QConv'));
    expect(graph.nodes[1].attributes).toMatchObject({ lo: attr.int(128), hi: attr.int(158) });
  });

  it('sums, products and clamps behind them', () => {
    for (const op of ['Add', 'Mul']) {
      const g = new TestGraph([20]);
      const y = g.op(op, [g.qdq(g.x, 0.03, 120), g.qdq(g.op('Neg', [g.x]), 0.04, 130)]);
      const { ops } = checkPass(fuseQdq, g.done(g.qdq(g.op('Relu', [y]), 0.05, 100)), oneStep(0.05));
      expect(ops).toContain(`com.microsoft:QLinear${op}`);
      expect(ops).toContain('ai.kompakt:QTable');
      expect(ops).not.toContain('Relu');
    }
  });

  it('float output where nothing quantises behind', () => {
    const g = new TestGraph();
    const y = g.op('Conv', [g.qdq(g.x, 0.05, 128), weights(g, [4, 3, 3, 3])]);
    expect(checkPass(fuseQdq, g.done(y)).ops).toEqual(['QuantizeLinear', 'ai.kompakt:QConv']);
  });

  it('int4 weights are widened', () => {
    const g = new TestGraph([2, 4]);
    const q = g.constant('q', fromNumbers('int4', [4, 3], randomFloats(12, 3, 7).map(Math.trunc)));
    const w = g.op('DequantizeLinear', [q, g.number(0.1)]);
    const y = g.qdq(g.op('MatMul', [g.qdq(g.x, 0.05, 128), w]), 0.05, 128);
    expect(checkPass(fuseQdq, g.done(y), oneStep(0.05)).ops).toEqual(around('com.microsoft:QGemm'));
  });

  it('moves values as bytes: with the same parameters, with others, with float users behind', () => {
    for (const [behind, wanted] of [
      [(g: TestGraph, y: string) => g.qdq(y, 0.05, 128), around('Reshape')],
      [
        (g: TestGraph, y: string) => g.qdq(y, 0.03, 100),
        around('Reshape', 'ai.kompakt:QTable', 'ai.kompakt:QTable'),
      ],
      [(_: TestGraph, y: string) => y, around('Reshape')],
    ] as const) {
      const g = new TestGraph([2, 6]);
      const y = g.op('Reshape', [g.qdq(g.x, 0.05, 128), g.constant('s', i64([3, 4]))]);
      expect(checkPass(fuseQdq, g.done(behind(g, y)), 0).ops).toEqual(wanted);
    }
  });

  it('Pad fills with the quantised number', () => {
    const g = new TestGraph([1, 2, 3, 3]);
    const pads = g.constant('p', i64([0, 0, 1, 1, 0, 0, 0, 2]));
    const y = g.op('Pad', [g.qdq(g.x, 0.05, 128), pads, g.number(0.5)]);
    const graph = g.done(g.qdq(y, 0.05, 128));
    expect(checkPass([fuseQdq, fuseIntegerTails], graph, 0).ops).toEqual(around('Pad'));
  });

  it('leaves a result that float users or the outputs need too, and different quantisers', () => {
    const make = () => {
      const g = new TestGraph([20]);
      return { g, y: g.op('Add', [g.qdq(g.x, 0.03, 120), g.qdq(g.op('Neg', [g.x]), 0.04, 130)]) };
    };
    const a = make();
    expect(checkPass(fuseQdq, a.g.done(a.g.qdq(a.y, 0.05, 100), a.y), 0).ops).toContain('Add');
    const b = make();
    expect(checkPass(fuseQdq, b.g.done(b.g.qdq(b.y, 0.05, 100), b.g.op('Tanh', [b.y])), 0).ops).toContain(
      'Add',
    );
    const c = make();
    const two = [c.g.qdq(c.y, 0.05, 100), c.g.qdq(c.y, 0.06, 100)];
    expect(checkPass(fuseQdq, c.g.done(...two), 0).ops).toContain('Add');
  });

  it('joins equal quantisers of one value, and shares a dequantised value between users', () => {
    const g = new TestGraph();
    const x = g.qdq(g.x, 0.05, 128);
    const conv = g.op('Conv', [x, weights(g, [4, 3, 3, 3])]);
    const [a, b] = [g.qdq(conv, 0.1, 128), g.qdq(conv, 0.1, 128)];
    const { ops } = checkPass(fuseQdq, g.done(a, b, g.op('Tanh', [x])), oneStep(0.1));
    expect(ops.filter((op) => op === 'ai.kompakt:QConv')).toHaveLength(1);
    expect(ops).toContain('Tanh');
  });

  it('leaves float activations with quantised weights', () => {
    const g = new TestGraph();
    const y = g.op('Conv', [g.x, weights(g, [4, 3, 3, 3])]);
    expect(checkPass(fuseQdq, g.done(y), 0).ops).toEqual(['DequantizeLinear', 'Conv']);
  });

  it('takes indices and masks for what they are', () => {
    const window = { kernel_shape: attr.ints([2, 2]) };
    const g = new TestGraph([1, 2, 4, 4]);
    const [y, indices] = g.node('MaxPool', [g.qdq(g.x, 0.05, 128)], window, { outputs: 2 });
    g.output(indices!, 'int64');
    expect(checkPass(fuseQdq, g.done(g.qdq(y!, 0.05, 128)), 0).ops).toEqual(around('MaxPool'));

    const h = new TestGraph([6]);
    const [kept, mask] = h.node('Dropout', [h.qdq(h.x, 0.05, 128)], {}, { outputs: 2 });
    h.output(mask!, 'bool');
    const { ops } = checkPass(fuseQdq, h.done(kept!), 0);
    expect(ops).toEqual([...around(), 'Dropout']);
  });

  it('resizes bytes where they are then rounded to the same scale, or only moved', () => {
    const resized = (mode: string, behind: (g: TestGraph, y: string) => string, coordinates?: string) => {
      const g = new TestGraph([1, 2, 3, 4]);
      const roi = g.constant('roi', f32([8], [0, 0, 0, -0.5, 1, 1, 1, 1.5]));
      const scales = g.constant('sizes', f32([4], [1, 1, 2, 2]));
      const y = g.op('Resize', [g.qdq(g.x, 0.01, 128), roi, scales], {
        mode: attr.string(mode),
        coordinate_transformation_mode: attr.string(coordinates ?? 'half_pixel'),
        extrapolation_value: attr.float(0.5),
      });
      return g.done(behind(g, y));
    };
    const same = (g: TestGraph, y: string) => g.qdq(y, 0.01, 128);
    const finer = (g: TestGraph, y: string) => g.qdq(y, 0.007, 120);
    const float = (_: TestGraph, y: string) => y;
    const behindFloat = ['QuantizeLinear', 'DequantizeLinear', 'Resize'];
    const quantised = [...behindFloat, 'QuantizeLinear', 'DequantizeLinear'];
    for (const mode of ['linear', 'cubic']) {
      // Halves of a step may round to the other side.
      expect(checkPass(fuseQdq, resized(mode, same), oneStep(0.01)).ops).toEqual(around('Resize'));
      expect(checkPass(fuseQdq, resized(mode, finer), 0).ops).toEqual(quantised);
      expect(checkPass(fuseQdq, resized(mode, float), 0).ops).toEqual(behindFloat);
    }
    expect(checkPass(fuseQdq, resized('nearest', float), 0).ops).toEqual(around('Resize'));
    for (const mode of ['linear', 'nearest'])
      expect(checkPass(fuseQdq, resized(mode, same, 'tf_crop_and_resize'), 0).ops).toEqual(quantised);
  });

  it('leaves what depends on the order of numbers where a scale is negative', () => {
    const pool = new TestGraph([1, 2, 4, 4]);
    const largest = pool.op('MaxPool', [pool.qdq(pool.x, -0.05, 128)], { kernel_shape: attr.ints([2, 2]) });
    expect(checkPass(fuseQdq, pool.done(pool.qdq(largest, -0.05, 128)), 0).ops).toContain('QuantizeLinear');
    const clamp = new TestGraph();
    const y = clamp.op('Conv', [clamp.qdq(clamp.x, -0.05, 128), weights(clamp, [4, 3, 3, 3])]);
    const { ops } = checkPass(fuseQdq, clamp.done(clamp.qdq(clamp.op('Relu', [y]), -0.1, 128)), oneStep(0.1));
    expect(ops).toContain('Relu');
    const soft = new TestGraph([2, 5]);
    const shares = soft.qdq(soft.op('Softmax', [soft.qdq(soft.x, -0.05, 128)]), 1 / 255, 0);
    expect(checkPass(fuseQdq, soft.done(shares), 0).ops).toContain('Softmax');
  });

  it('leaves a constant of shape [1] that makes a vector of a number', () => {
    const g = new TestGraph([]);
    const sum = g.op('Add', [g.qdq(g.x, 0.05, 128), g.numberOfRank(0.5, 1)]);
    expect(checkPass(fuseQdq, g.done(g.qdq(sum, 0.1, 128)), 0).ops).toContain('Add');
  });
});

import { attr } from '../../lib/graph/attribute.js';
import { foldBatchNorm } from '../../lib/passes/fold-batch-norm.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

function batchNorm(g: TestGraph, x: string, channels: number): string {
  const variance = g.constant(
    'v',
    f32(
      [channels],
      Array.from({ length: channels }, (_, i) => 0.5 + i),
    ),
  );
  return g.op('BatchNormalization', [
    x,
    g.weights(channels),
    g.weights(channels),
    g.weights(channels),
    variance,
  ]);
}

describe('fold-batch-norm', () => {
  it('BatchNormalization(Conv(x)) -> Conv(x)', () => {
    const g = new TestGraph();
    expect(checkPass(foldBatchNorm, g.done(batchNorm(g, g.conv(g.x), 4))).ops).toEqual(['Conv']);
  });

  it('folds into a Conv without bias, a grouped ConvTranspose and a Gemm', () => {
    const a = new TestGraph();
    const conv = a.op('Conv', [a.x, a.weights(2, 3, 1, 1)]);
    expect(checkPass(foldBatchNorm, a.done(batchNorm(a, conv, 2))).ops).toEqual(['Conv']);
    const b = new TestGraph([1, 4, 3, 3]);
    const transposed = b.op('ConvTranspose', [b.x, b.weights(4, 3, 2, 2)], { group: attr.int(2) });
    expect(checkPass(foldBatchNorm, b.done(batchNorm(b, transposed, 6))).ops).toEqual(['ConvTranspose']);
    for (const transB of [0, 1]) {
      const c = new TestGraph([2, 5]);
      const w = transB ? c.weights(3, 5) : c.weights(5, 3);
      const attributes = { transB: attr.int(transB), alpha: attr.float(0.5), beta: attr.float(2) };
      const gemm = c.op('Gemm', [c.x, w, c.weights(3)], attributes);
      expect(checkPass(foldBatchNorm, c.done(batchNorm(c, gemm, 3))).ops).toEqual(['Gemm']);
    }
  });

  it('folds Mul and Div by constants per channel', () => {
    const g = new TestGraph();
    const scaled = g.op('Mul', [g.weights(1, 4, 1, 1), g.conv(g.x)]);
    expect(checkPass(foldBatchNorm, g.done(g.op('Div', [scaled, g.number(3)]))).ops).toEqual(['Conv']);
  });

  it('leaves what is not per channel, has other users, or divides a constant', () => {
    const a = new TestGraph();
    expect(checkPass(foldBatchNorm, a.done(a.op('Mul', [a.conv(a.x), a.weights(3, 3)]))).ops).toHaveLength(2);
    const b = new TestGraph();
    const y = b.conv(b.x);
    expect(checkPass(foldBatchNorm, b.done(y, b.op('Mul', [y, b.number(2)]))).ops).toHaveLength(2);
    const c = new TestGraph();
    const graph = c.done(c.op('Div', [c.number(2), c.conv(c.x)]));
    expect(foldBatchNorm.run(graph).nodes).toHaveLength(2);
  });

  it('leaves a normalisation by the statistics of the batch', () => {
    const g = new TestGraph([4, 3, 5, 5]);
    const variance = g.constant('v', f32([4], [1, 2, 3, 4]));
    const inputs = [g.conv(g.x), g.weights(4), g.weights(4), g.weights(4), variance];
    const y = g.op('BatchNormalization', inputs, { training_mode: attr.int(1) });
    expect(checkPass(foldBatchNorm, g.done(y)).ops).toEqual(['Conv', 'BatchNormalization']);
  });
});

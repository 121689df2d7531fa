import { fuseLayerNorm } from '../../lib/passes/fuse-layer-norm.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

function layerNorm(g: TestGraph, axis: number, size = 8): string {
  const mean = (v: string) => g.op('ReduceMean', [v, g.constant('axes', i64([axis]))]);
  const d = g.op('Sub', [g.x, mean(g.x)]);
  const variance = mean(g.op('Pow', [d, g.number(2)]));
  const deviation = g.op('Sqrt', [g.op('Add', [variance, g.number(1e-5)])]);
  return g.op('Add', [g.op('Mul', [g.op('Div', [d, deviation]), g.weights(size)]), g.weights(size)]);
}

describe('fuse-layer-norm', () => {
  it.each([-1, 2])('the parts over axis %i of rank 3 -> LayerNormalization', (axis) => {
    const g = new TestGraph([1, 5, 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, axis))).ops).toEqual(['LayerNormalization']);
  });

  it('leaves a mean over another axis', () => {
    const g = new TestGraph([1, 8, 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, 1))).ops).toContain('ReduceMean');
  });
});

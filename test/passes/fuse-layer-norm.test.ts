import { fuseLayerNorm } from '../../lib/passes/fuse-layer-norm.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

function layerNorm(g: TestGraph, axis: number, size = 8, x = g.x, epsilonAxes = 0): string {
  const mean = (v: string) => g.op('ReduceMean', [v, g.constant('axes', i64([axis]))]);
  const d = g.op('Sub', [x, mean(x)]);
  const variance = mean(g.op('Pow', [d, g.number(2)]));
  const deviation = g.op('Sqrt', [g.op('Add', [variance, g.numberOfRank(1e-5, epsilonAxes)])]);
  return g.op('Add', [g.op('Mul', [g.op('Div', [d, deviation]), g.weights(size)]), g.weights(size)]);
}

describe('fuse-layer-norm', () => {
  it.each([-1, 2])('the parts over axis %i of rank 3 -> LayerNormalization', (axis) => {
    const g = new TestGraph([1, 5, 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, axis))).ops).toEqual(['LayerNormalization']);
  });

  it('finds it where only the last axis has a size', () => {
    const g = new TestGraph(['batch', 'sequence', 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, -1))).ops).toEqual(['LayerNormalization']);
    const product = new TestGraph(['batch', 4]);
    const x = product.op('MatMul', [product.x, product.weights(4, 8)]);
    expect(checkPass(fuseLayerNorm, product.done(layerNorm(product, -1, 8, x))).ops).toHaveLength(2);
  });

  it('leaves a last axis that gamma may make longer', () => {
    // 320 stands for the symbol while types are inferred.
    const g = new TestGraph([2, 'C']);
    const { nodes } = fuseLayerNorm.run(g.done(layerNorm(g, -1, 320)));
    expect(nodes.map(({ op }) => op)).toContain('ReduceMean');
  });

  it('leaves an epsilon that gives the result more axes', () => {
    const g = new TestGraph([2, 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, -1, 8, g.x, 3))).ops).toContain('ReduceMean');
  });

  it('leaves a mean over another axis', () => {
    const g = new TestGraph([1, 8, 8]);
    expect(checkPass(fuseLayerNorm, g.done(layerNorm(g, 1))).ops).toContain('ReduceMean');
  });
});

import { fuseMatMulBias } from '../../lib/passes/fuse-mat-mul-bias.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-mat-mul-bias', () => {
  it('MatMul(x, W) + c -> FusedMatMul(x, W, c)', () => {
    const g = new TestGraph([2, 3, 5]);
    const y = g.op('Add', [g.weights(4), g.op('MatMul', [g.x, g.weights(5, 4)])]);
    expect(checkPass(fuseMatMulBias, g.done(y)).ops).toEqual(['ai.kompakt:FusedMatMul']);
  });

  it('leaves one number for all columns and a bias per row', () => {
    for (const bias of [(g: TestGraph) => g.number(2), (g: TestGraph) => g.weights(3, 1)]) {
      const g = new TestGraph([2, 3, 5]);
      const y = g.op('Add', [g.op('MatMul', [g.x, g.weights(5, 4)]), bias(g)]);
      expect(checkPass(fuseMatMulBias, g.done(y)).ops).toEqual(['MatMul', 'Add']);
    }
  });
});

import { attr } from '../../lib/graph/attribute.js';
import { fuseMatMul } from '../../lib/passes/fuse-mat-mul.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-mat-mul', () => {
  it('MatMul -> FusedMatMul', () => {
    const g = new TestGraph([2, 3, 5]);
    expect(checkPass(fuseMatMul, g.done(g.op('MatMul', [g.x, g.weights(5, 4)]))).ops).toEqual([
      'ai.kompakt:FusedMatMul',
    ]);
  });

  it('Gemm with alpha, beta and transposition -> FusedMatMul', () => {
    const g = new TestGraph([2, 5]);
    const attributes = { alpha: attr.float(0.5), beta: attr.float(2), transB: attr.int(1) };
    const y = g.op('Gemm', [g.x, g.weights(4, 5), g.weights(1, 4)], attributes);
    expect(checkPass(fuseMatMul, g.done(y)).ops).toEqual(['ai.kompakt:FusedMatMul']);
  });

  it('leaves a Gemm whose C differs by row', () => {
    const g = new TestGraph([2, 5]);
    const y = g.op('Gemm', [g.x, g.weights(5, 4), g.weights(2, 4)]);
    expect(checkPass(fuseMatMul, g.done(y)).ops).toEqual(['Gemm']);
  });
});

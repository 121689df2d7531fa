import { fuseResidual } from '../../lib/passes/fuse-residual.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-residual', () => {
  it('Conv(x) + z -> FusedConv(x, z)', () => {
    const g = new TestGraph();
    const z = g.op('Relu', [g.conv(g.x)]);
    const y = g.op('Add', [g.conv(g.x), z]);
    const { ops } = checkPass(fuseResidual, g.done(y));
    expect(ops).toEqual(['Conv', 'Relu', 'ai.kompakt:FusedConv']);
  });

  it('fuses one of two convolutions', () => {
    const g = new TestGraph();
    expect(checkPass(fuseResidual, g.done(g.op('Add', [g.conv(g.x), g.conv(g.x)]))).ops).toHaveLength(2);
  });

  it('leaves a sum that broadcasts and a convolution with other users', () => {
    const a = new TestGraph();
    const pooled = a.op('GlobalAveragePool', [a.conv(a.x)]);
    expect(checkPass(fuseResidual, a.done(a.op('Add', [a.conv(a.x), pooled]))).ops).toContain('Add');
    const b = new TestGraph();
    const y = b.conv(b.x);
    const z = b.op('Relu', [y]);
    expect(checkPass(fuseResidual, b.done(b.op('Add', [y, z]))).ops).toContain('Add');
  });
});

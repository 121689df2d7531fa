import { fuseResidual } from '../../lib/passes/fuse-residual.js';
import { i64 } from '../../lib/tensor/tensor.js';
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

  it('fuses where sizes are symbols, and stays right when sizes differ then', () => {
    const same = new TestGraph(['N', 3, 'H', 'W']);
    const sum = same.op('Add', [same.conv(same.x), same.op('Relu', [same.conv(same.x)])]);
    expect(checkPass(fuseResidual, same.done(sum)).ops).not.toContain('Add');
    // With one image, as a symbol for their number is taken, nothing would broadcast; checkPass() feeds four.
    const images = new TestGraph(['N', 3, 5, 5]);
    checkPass(
      fuseResidual,
      images.done(images.op('Add', [images.conv(images.x), images.weights(1, 4, 3, 3)])),
    );
    const lines = new TestGraph([1, 3, 'H', 6]);
    const z = lines.input('z', 'float32', [1, 4, 'A', 4]);
    const pooled = lines.op('ReduceMean', [z, lines.constant('axis', i64([2]))]);
    checkPass(fuseResidual, lines.done(lines.op('Add', [lines.conv(lines.x), pooled])));
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

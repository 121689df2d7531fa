import { fuseSilu } from '../../lib/passes/fuse-silu.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-silu', () => {
  it('x * Sigmoid(x) -> Unary(silu)(x)', () => {
    const g = new TestGraph([9]);
    const y = g.op('Mul', [g.op('Sigmoid', [g.x]), g.x]);
    expect(checkPass(fuseSilu, g.done(y)).ops).toEqual(['ai.kompakt:Unary']);
  });

  it('leaves the gate of another value', () => {
    const g = new TestGraph([9]);
    const y = g.op('Mul', [g.op('Sigmoid', [g.x]), g.op('Neg', [g.x])]);
    expect(checkPass(fuseSilu, g.done(y)).ops).toContain('Mul');
  });
});

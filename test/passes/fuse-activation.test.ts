import { attr } from '../../lib/graph/attribute.js';
import { fuseActivation } from '../../lib/passes/fuse-activation.js';
import { fuseMatMul } from '../../lib/passes/fuse-mat-mul.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-activation', () => {
  it.each(['Relu', 'HardSwish', 'Sigmoid', 'Tanh'])('%s(Conv(x)) -> FusedConv(x)', (op) => {
    const g = new TestGraph();
    expect(checkPass(fuseActivation, g.done(g.op(op, [g.conv(g.x)]))).ops).toEqual(['ai.kompakt:FusedConv']);
  });

  it('takes bounds and attributes along', () => {
    const g = new TestGraph();
    const clipped = g.op('Clip', [g.conv(g.x), g.number(-0.5), g.number(1)]);
    const leaky = g.op('LeakyRelu', [g.op('MatMul', [clipped, g.weights(3, 2)])], { alpha: attr.float(0.3) });
    const { ops } = checkPass([fuseMatMul, fuseActivation], g.done(leaky));
    expect(ops).toEqual(['ai.kompakt:FusedConv', 'ai.kompakt:FusedMatMul']);
  });

  it('leaves a convolution with other users and a second activation', () => {
    const a = new TestGraph();
    const y = a.conv(a.x);
    expect(checkPass(fuseActivation, a.done(y, a.op('Relu', [y]))).ops).toEqual(['Conv', 'Relu']);
    const b = new TestGraph();
    const { ops } = checkPass(fuseActivation, b.done(b.op('Sigmoid', [b.op('Relu', [b.conv(b.x)])])));
    expect(ops).toEqual(['ai.kompakt:FusedConv', 'Sigmoid']);
  });
});

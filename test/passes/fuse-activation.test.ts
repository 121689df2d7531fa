import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { fuseActivation } from '../../lib/passes/fuse-activation.js';
import { fuseMatMul } from '../../lib/passes/fuse-mat-mul.js';
import { runReference } from '../../lib/run/reference.js';
import { fromNumbers, toNumbers } from '../../lib/tensor/tensor.js';
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

  it.each([
    ['float32', 3e38, 3.4028234663852886e38],
    ['float16', 4e4, 65504],
    ['float64', 3e38, 6e38],
  ] as const)('leaves a Clip without a bound the last number of %s', (dtype, weight, limited) => {
    const g = new GraphBuilder();
    const weights = g.constant('w', fromNumbers(dtype, [1, 2], [weight, -1]));
    const product = g.node('MatMul', [g.input('a', dtype, [1, 1]), weights])[0];
    g.output(g.node('Clip', [product, g.constant('least', fromNumbers(dtype, [], [0]))])[0], dtype);
    const fused = [fuseMatMul, fuseActivation].reduce((graph, pass) => pass.run(graph), g.build());
    expect(fused.nodes.length).toBe(dtype === 'float32' ? 1 : 2);
    const [y] = runReference(fused, new Map([['a', fromNumbers(dtype, [1, 1], [2])]])).values();
    expect([...toNumbers(y)]).toEqual([limited, 0]);
  });

  it.each(['minimum', 'maximum'])('leaves a Clip whose %s is known at run time only', (bound) => {
    const g = new TestGraph();
    const limit = g.op('Squeeze', [g.input('limit', 'float32', [1])]);
    const bounds = bound === 'minimum' ? [limit] : ['', limit];
    const { ops } = checkPass(fuseActivation, g.done(g.op('Clip', [g.conv(g.x), ...bounds])));
    expect(ops).toContain('Clip');
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

import { fuseGelu } from '../../lib/passes/fuse-gelu.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

const gate = (g: TestGraph, root = Math.SQRT2) =>
  g.op('Add', [g.op('Erf', [g.op('Div', [g.x, g.number(root)])]), g.number(1)]);

describe('fuse-gelu', () => {
  it.each([
    ['(x * gate) * 0.5', (g: TestGraph) => g.op('Mul', [g.op('Mul', [g.x, gate(g)]), g.number(0.5)])],
    ['(x * 0.5) * gate', (g: TestGraph) => g.op('Mul', [g.op('Mul', [g.x, g.number(0.5)]), gate(g)])],
    ['x * (gate * 0.5)', (g: TestGraph) => g.op('Mul', [g.x, g.op('Mul', [gate(g), g.number(0.5)])])],
  ] as const)('%s -> Unary(gelu)(x)', (_, make) => {
    const g = new TestGraph([11]);
    expect(checkPass(fuseGelu, g.done(make(g))).ops).toEqual(['ai.kompakt:Unary']);
  });

  it.each([
    [1, 1],
    [2, 1],
    [3, 5],
  ])('looks at the axes of constants: %i beside x of rank 2 -> %i nodes', (axes, nodes) => {
    const g = new TestGraph(['N', 4]);
    const y = g.op('Mul', [g.op('Mul', [g.x, gate(g)]), g.numberOfRank(0.5, axes)]);
    expect(checkPass(fuseGelu, g.done(y)).ops).toHaveLength(nodes);
  });

  it('leaves another root', () => {
    const g = new TestGraph([11]);
    const y = g.op('Mul', [g.op('Mul', [g.x, gate(g, 1.5)]), g.number(0.5)]);
    expect(checkPass(fuseGelu, g.done(y)).ops).toHaveLength(5);
  });
});

import { fuseTables } from '../../lib/passes/fuse-tables.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fuse-tables', () => {
  it.each([
    ['one function', (g: TestGraph, x: string) => g.op('HardSwish', [x])],
    ['x * Sigmoid(x)', (g: TestGraph, x: string) => g.op('Mul', [x, g.op('Sigmoid', [x])])],
    [
      'a chain with constants',
      (g: TestGraph, x: string) => {
        const scaled = g.op('Mul', [g.op('Tanh', [x]), g.number(1.5)]);
        return g.op('Sub', [g.number(1), scaled]);
      },
    ],
    ['another scale', (_: TestGraph, x: string) => x],
  ] as const)('QuantizeLinear(f(DequantizeLinear(x))): %s -> QTable(x)', (_, make) => {
    for (const types of [
      ['uint8', 'uint8'],
      ['int8', 'int8'],
      ['uint8', 'int8'],
    ] as const) {
      const g = new TestGraph([50]);
      const x = g.qdq(g.x, 0.03, types[0] === 'uint8' ? 128 : 3, types[0]);
      const y = g.qdq(make(g, x), 0.02, types[1] === 'uint8' ? 100 : -20, types[1]);
      expect(checkPass(fuseTables, g.done(y), 0).ops).toEqual([
        'QuantizeLinear',
        'ai.kompakt:QTable',
        'DequantizeLinear',
      ]);
    }
  });

  it.each([
    [[], 'Add'],
    [[1], 'ai.kompakt:QTable'],
  ])('a constant of shape [1] beside x of shape %j -> %s', (dims, op) => {
    const g = new TestGraph(dims);
    const sum = g.op('Add', [g.qdq(g.x, 0.03, 128), g.numberOfRank(0.5, 1)]);
    expect(checkPass(fuseTables, g.done(g.qdq(sum, 0.02, 100)), 0).ops).toContain(op);
  });

  it('takes chains that are longer than calls nest', () => {
    const g = new TestGraph([5]);
    let y = g.qdq(g.x, 0.03, 128);
    for (let i = 0; i < 5000; i++) y = g.op(i % 2 === 0 ? 'Max' : 'Min', [y, g.number(i % 2 === 0 ? -1 : 1)]);
    const { nodes } = fuseTables.run(g.done(g.qdq(y, 0.02, 100)));
    expect(nodes.map(({ op }) => op)).toEqual(['QuantizeLinear', 'QTable', 'DequantizeLinear']);
  });

  it('drops QuantizeLinear behind DequantizeLinear with the same parameters', () => {
    const g = new TestGraph([50]);
    const y = g.qdq(g.qdq(g.x, 0.03, 7), 0.03, 7);
    expect(checkPass(fuseTables, g.done(y), 0).ops).toEqual(['QuantizeLinear', 'DequantizeLinear']);
  });

  it('leaves functions of two values and constants that differ by element', () => {
    const a = new TestGraph([50]);
    const sum = a.op('Add', [a.qdq(a.x, 0.03, 7), a.qdq(a.x, 0.02, 9)]);
    expect(checkPass(fuseTables, a.done(a.qdq(sum, 0.05, 8)), 0).ops).toContain('Add');
    const b = new TestGraph([50]);
    const y = b.qdq(b.op('Mul', [b.qdq(b.x, 0.03, 7), b.weights(50)]), 0.05, 8);
    expect(checkPass(fuseTables, b.done(y), 0).ops).toContain('Mul');
  });

  it('keeps the float function that others use too', () => {
    const g = new TestGraph([50]);
    const f = g.op('Tanh', [g.qdq(g.x, 0.03, 7)]);
    const { ops } = checkPass(fuseTables, g.done(g.qdq(f, 0.01, 128), f), 0);
    expect(ops).toContain('Tanh');
    expect(ops).toContain('ai.kompakt:QTable');
  });
});

import { foldConstants } from '../../lib/passes/fold-constants.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('fold-constants', () => {
  it('Mul(Add(c, d), x) -> Mul(e, x)', () => {
    const g = new TestGraph([4]);
    const sum = g.op('Add', [g.weights(4), g.weights(4)]);
    expect(checkPass(foldConstants, g.done(g.op('Mul', [sum, g.x]))).ops).toEqual(['Mul']);
  });

  it('leaves dequantised weights alone', () => {
    const g = new TestGraph([4]);
    const q = g.constant('q', fromNumbers('int8', [4], [1, -2, 3, 4]));
    const w = g.op('DequantizeLinear', [q, g.number(0.5)]);
    expect(checkPass(foldConstants, g.done(g.op('Mul', [w, g.x]))).ops).toEqual(['DequantizeLinear', 'Mul']);
  });

  it('does not make a large constant from a small one', () => {
    const g = new TestGraph([4]);
    const c = g.constant('c', f32([1], [2]));
    const big = g.op('Expand', [c, g.constant('shape', i64([200, 200, 4]))]);
    expect(checkPass(foldConstants, g.done(g.op('Mul', [big, g.x]))).ops).toEqual(['Expand', 'Mul']);
  });

  it('keeps a node whose result is a graph output', () => {
    const g = new TestGraph([4]);
    const y = g.op('Relu', [g.x]);
    expect(checkPass(foldConstants, g.done(y, g.op('Relu', [g.weights(3)]))).ops).toEqual(['Relu', 'Relu']);
  });

  it('leaves what cannot be computed: it may never run', () => {
    const g = new TestGraph([3]);
    const beyond = g.op('Gather', [g.weights(3), g.constant('i', i64([7]))]);
    const graph = g.done(g.op('Add', [g.x, beyond]));
    expect(foldConstants.run(graph).nodes.map(({ op }) => op)).toEqual(['Gather', 'Add']);
    const other = new TestGraph([3]);
    const unlike = other.op('Add', [other.weights(3), other.weights(2)]);
    const sum = other.done(other.op('Add', [other.x, unlike]));
    expect(foldConstants.run(sum).nodes.map(({ op }) => op)).toEqual(['Add', 'Add']);
  });
});

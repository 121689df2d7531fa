import { attr } from '../../lib/graph/attribute.js';
import { dropIdentity } from '../../lib/passes/drop-identity.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('drop-identity', () => {
  it('Relu(Identity(Dropout(Transpose(x)))) with nothing to do -> Relu(x)', () => {
    const g = new TestGraph([2, 3]);
    const t = g.op('Transpose', [g.x], { perm: attr.ints([0, 1]) });
    const y = g.op('Relu', [g.op('Identity', [g.op('Dropout', [t])])]);
    expect(checkPass(dropIdentity, g.done(y), 0).ops).toEqual(['Relu']);
  });

  it('Identity before a graph output: the producer makes the output itself', () => {
    const g = new TestGraph([2, 3]);
    const r = g.op('Relu', [g.x]);
    const y = g.op('Identity', [r]);
    const { ops, graph } = checkPass(dropIdentity, g.done(y, g.op('Neg', [r])), 0);
    expect(ops).toEqual(['Relu', 'Neg']);
    expect(graph.outputs[0].name).toBe(y);
  });

  it('keeps Identity from a graph input to a graph output', () => {
    const g = new TestGraph([2]);
    expect(checkPass(dropIdentity, g.done(g.op('Identity', [g.x])), 0).ops).toEqual(['Identity']);
  });

  it('drops Cast to its own type and Reshape to its own shape, keeps others', () => {
    const g = new TestGraph([2, 3]);
    const same = g.op('Reshape', [g.op('Cast', [g.x], { to: attr.int(1) }), g.constant('s', i64([2, 3]))]);
    const other = g.op('Reshape', [same, g.constant('s', i64([3, 2]))]);
    const { ops } = checkPass(dropIdentity, g.done(g.op('Relu', [other])), 0);
    expect(ops).toEqual(['Reshape', 'Relu']);
  });

  it('keeps a Reshape whose input shape is not known', () => {
    const g = new TestGraph(['N', 320]);
    const y = g.op('Relu', [g.op('Reshape', [g.x, g.constant('s', i64([1, -1]))])]);
    const graph = g.done(y);
    expect(dropIdentity.run(graph).nodes.map((n) => n.op)).toEqual(['Reshape', 'Relu']);
  });

  it('drops a Cast of shape arithmetic to the type that it has, keeps those to others', () => {
    const g = new TestGraph(['N', 320]);
    const sizes = g.op('Slice', [
      g.op('Shape', [g.op('Relu', [g.x])]),
      g.constant('begin', i64([0])),
      g.constant('end', i64([1])),
    ]);
    const same = g.op('Cast', [sizes], { to: attr.int(7) });
    const float = g.op('Cast', [g.op('Concat', [same, same], { axis: attr.int(0) })], { to: attr.int(1) });
    const again = g.op('Cast', [g.op('Mul', [float, float])], { to: attr.int(1) });
    const graph = g.done(g.op('Neg', [again]));
    expect(dropIdentity.run(graph).nodes.map((n) => n.op)).toEqual([
      'Relu',
      'Shape',
      'Slice',
      'Concat',
      'Cast',
      'Mul',
      'Neg',
    ]);
  });

  it('drops a Reshape that keeps the shape behind operators that keep the axes, and one that adds none', () => {
    const g = new TestGraph([2, 3, 4]);
    const a = g.op('Reshape', [g.op('Relu', [g.x]), g.constant('a', i64([2, 3, 4]))]);
    const b = g.op('Reshape', [g.op('Clip', [a]), g.constant('b', i64([6, 4]))]);
    const c = g.op('Flatten', [g.op('Relu', [b])]);
    const d = g.op('Expand', [g.op('Neg', [c]), g.constant('d', i64([4]))]);
    const { ops } = checkPass(dropIdentity, g.done(g.op('Relu', [d])), 0);
    expect(ops).toEqual(['Relu', 'Clip', 'Reshape', 'Relu', 'Neg', 'Relu']);
  });
});

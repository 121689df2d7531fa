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
});

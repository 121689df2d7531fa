import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { mergeEqual } from '../../lib/passes/merge-equal.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

describe('merge-equal', () => {
  it('two chains of the same functions -> one', () => {
    const g = new TestGraph([2, 3]);
    const chain = () => g.op('Sqrt', [g.op('Abs', [g.x])]);
    expect(checkPass(mergeEqual, g.done(g.op('Add', [chain(), chain()])), 0).ops).toEqual([
      'Abs',
      'Sqrt',
      'Add',
    ]);
  });

  it('nodes with several outputs: one quantisation for all readers', () => {
    const g = new TestGraph([2, 3]);
    const read = () => {
      const [q, scale, zero] = g.node('DynamicQuantizeLinear', [g.x], {}, { outputs: 3 });
      return g.op('DequantizeLinear', [q!, scale!, zero!]);
    };
    const { ops } = checkPass(mergeEqual, g.done(g.op('Mul', [read(), read()])), 0);
    expect(ops).toEqual(['DynamicQuantizeLinear', 'DequantizeLinear', 'Mul']);
  });

  it('keeps what differs in an attribute, an input or the order of inputs', () => {
    const g = new TestGraph([2, 3]);
    const two = g.number(2);
    const y = [
      g.op('LeakyRelu', [g.x], { alpha: attr.float(0.1) }),
      g.op('LeakyRelu', [g.x], { alpha: attr.float(0.2) }),
      g.op('LeakyRelu', [g.x]),
      g.op('Sub', [g.x, two]),
      g.op('Sub', [two, g.x]),
      g.op('ReduceSum', [g.x], { keepdims: attr.int(0) }),
    ].reduce((sum, one) => g.op('Add', [sum, one]));
    const graph = g.done(y);
    expect(checkPass(mergeEqual, graph, 0).graph.nodes).toHaveLength(graph.nodes.length);
  });

  it('keeps nodes apart whose inputs have names that look alike one behind the other', () => {
    const g = new GraphBuilder('names');
    for (const name of ['a b', 'c', 'a', 'b c']) g.input(name, 'float32', [2]);
    const [x] = g.node('Sub', ['a b', 'c']);
    const [z] = g.node('Sub', ['a', 'b c']);
    const [y] = g.node('Mul', [x!, z!]);
    g.output(y!, 'float32');
    expect(checkPass(mergeEqual, g.build(), 0).ops).toEqual(['Sub', 'Sub', 'Mul']);
  });

  it('outputs of the graph keep their names, also where one of two equal nodes makes one', () => {
    const g = new TestGraph([2, 3]);
    const [a, b, c] = [g.op('Neg', [g.x]), g.op('Neg', [g.x]), g.op('Neg', [g.x])];
    const { ops, graph } = checkPass(mergeEqual, g.done(b, g.op('Abs', [a]), g.op('Exp', [c])), 0);
    expect(ops.filter((op) => op === 'Neg')).toHaveLength(2);
    expect(graph.outputs[0]!.name).toBe(b);
  });

  it('keeps random numbers apart', () => {
    const g = new GraphBuilder('random');
    const shape = { shape: attr.ints([3]) };
    const [a] = g.node('RandomNormal', [], shape);
    const [b] = g.node('RandomNormal', [], shape);
    const [y] = g.node('Sub', [a!, b!]);
    g.output(y!, 'float32');
    expect(mergeEqual.run(g.build()).nodes.map((n) => n.op)).toEqual(['RandomNormal', 'RandomNormal', 'Sub']);
  });

  it('values that bodies of control flow read are renamed there too', () => {
    const g = new TestGraph([2, 3]);
    const [a, b] = [g.op('Exp', [g.x]), g.op('Exp', [g.x])];
    const branch = (name: string, value: string, add: number) => {
      const body = new GraphBuilder(name, undefined, [value]);
      const [y] = body.node('Add', [value, body.constant(`${name}_c`, f32([], [add]))]);
      body.output(y!, 'float32');
      return { type: 'graph', value: body.build() } as const;
    };
    const positive = g.op('Greater', [g.op('ReduceSum', [a], { keepdims: attr.int(0) }), g.number(0)]);
    const y = g.op('If', [positive], {
      then_branch: branch('then', b, 1),
      else_branch: branch('else', a, 2),
    });
    const { ops } = checkPass(mergeEqual, g.done(y), 0);
    expect(ops.filter((op) => op === 'Exp')).toHaveLength(1);
  });
});

// Every rule that verify() holds graphs to, broken once.
import { GraphBuilder } from '../../lib/graph/builder.js';
import { parse } from '../../lib/graph/parse.js';
import { verify } from '../../lib/graph/verify.js';
import { f32 } from '../../lib/tensor/tensor.js';

const graph = (body: string) => parse(`graph g opsets {"": 18}\n${body}\nend`);

test.each([
  ['a legal graph', 'input x: float32[1] y = Relu(x) output y: float32'],
  ['an output that is an input', 'input x: float32[1] output x: float32'],
  ['absent inputs and outputs', 'input x: float32[1] y, _ = Dropout(x, _) output y: float32'],
])('%s', (_, body) => {
  expect(() => verify(graph(body))).not.toThrow();
});

test.each([
  [
    'use before definition',
    'input x: float32 z = Relu(y) y = Relu(x) output z: float32',
    /'y' is used by Relu/,
  ],
  ['a missing output', 'input x: float32 output y: float32', /'y' is used by an output/],
  ['an output listed twice', 'input x: float32 output x: float32 output x: float32', /listed twice/],
  ['two inputs of one name', 'input x: float32 input x: float32 output x: float32', /'x' .*twice/],
  [
    'a constant over an input',
    'input x: float32 constant x: float32[] = [1] output x: float32',
    /'x' .*twice/,
  ],
  [
    'a value made twice',
    'input x: float32 y = Relu(x) as a y = Relu(x) as b output y: float32',
    /'y' .*twice/,
  ],
  [
    'two nodes of one name',
    'input x: float32 y = Relu(x) as a z = Relu(x) as a output y: float32',
    /named 'a'/,
  ],
  ['a domain without opset', 'input x: float32 y = Relu@d(x) output y: float32', /no opset for domain 'd'/],
  ['an input without a name', 'input "": float32', /no name/],
  [
    'a captured value that is not there',
    'input c: bool y = If(c) {then_branch: graph graph t opsets {"": 18} z = Relu(q) output z: float32 end} output y: float32',
    /'q'/,
  ],
  [
    'a subgraph that hides an outer name',
    'input c: bool y = If(c) {then_branch: graph graph t opsets {"": 18} c = Relu(c) output c: float32 end} output y: float32',
    /'c' .*twice/,
  ],
])('%s', (_, body, message) => {
  expect(() => verify(graph(body))).toThrow(message);
  expect(() => verify(graph(body))).toThrow(expect.objectContaining({ code: 'KPT_GRAPH_INVALID' }));
});

test('constants must fit their type', () => {
  const withConstant = (value: Parameters<GraphBuilder['constant']>[1]) => {
    const builder = new GraphBuilder();
    builder.output(builder.constant('w', value), 'float32');
    return () => builder.build();
  };
  expect(withConstant(f32([2], [1, 2]))).not.toThrow();
  expect(withConstant({ dtype: 'float32', dims: [3], data: new Float32Array(2) })).toThrow(/3 elements/);
  expect(withConstant({ dtype: 'float32', dims: [2], data: new Float64Array(2) })).toThrow(/Float32Array/);
  expect(withConstant({ dtype: 'string', dims: [1], data: new Float64Array(1) })).toThrow(/Array/);
});

test('the builder sorts nodes, names values and freezes the graph', () => {
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', ['N']);
  const [late] = builder.node('Relu', ['early']);
  builder.node('Abs', [x], {}, { outputs: ['early'] });
  const [left, right] = builder.node('Split', [late!], {}, { outputs: 2 });
  builder.output(left!, 'float32');
  builder.output(right!, 'float32');
  const built = builder.build();
  expect(built.nodes.map((node) => node.op)).toEqual(['Abs', 'Relu', 'Split']);
  expect(new Set([left, right, late, 'early', 'x']).size).toBe(5);
  expect(
    Object.isFrozen(built) && Object.isFrozen(built.nodes) && Object.isFrozen(built.nodes[0]!.inputs),
  ).toBe(true);
});

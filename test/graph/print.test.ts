// print and parse: text back and forth without loss, for graphs made here and real ones.
import { basename } from 'node:path';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { parse } from '../../lib/graph/parse.js';
import { print } from '../../lib/graph/print.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { f32, fromNumbers, i64 } from '../../lib/tensor/tensor.js';
import { npmModels } from '../helpers/npm-models.js';

test('the form of the text', () => {
  const text = `graph main opsets {"": 18, "com.microsoft": 1}
  input x: float32[N,3,?]
  constant w: float32[2] = [1, -0]
  c = Clip(x, _, w) {axis: int 1, alpha: float 0.5}
  a, _ = Split@com.microsoft(c) {names: strings ["p q", ""]} as "the split"
  output a: float32[N,3,?]
end`;
  const graph = verify(parse(text));
  expect(print(graph)).toBe(text);
  expect(graph.nodes).toEqual([
    {
      name: 'c/Clip',
      op: 'Clip',
      domain: '',
      inputs: ['x', '', 'w'],
      outputs: ['c'],
      attributes: { axis: attr.int(1), alpha: attr.float(0.5) },
    },
    {
      name: 'the split',
      op: 'Split',
      domain: 'com.microsoft',
      inputs: ['c'],
      outputs: ['a', ''],
      attributes: { names: attr.strings(['p q', '']) },
    },
  ]);
});

test('awkward names, values and nested graphs survive', () => {
  const inner = new GraphBuilder('in ner', undefined, ['input']);
  inner.output(inner.node('Relu', ['input'])[0]!, 'float32');
  const builder = new GraphBuilder('end');
  builder.input('input', 'bool', ['3d', 'a b', null, 0]);
  builder.input('_', 'float16', null);
  const names = [
    builder.constant('"quoted"', f32([3], [Number.NaN, Number.POSITIVE_INFINITY, 1e-40])),
    builder.constant('a:b', i64([-(2 ** 53), 7])),
    builder.constant('s', { dtype: 'string', dims: [2], data: ['line\nbreak', '"'] }),
    builder.constant(
      'big',
      fromNumbers(
        'int4',
        [40],
        Array.from({ length: 40 }, (_, i) => (i % 16) - 8),
      ),
    ),
    builder.constant('empty', f32([0, 2], [])),
  ];
  const [y] = builder.node('If', ['input', ...names], {
    then_branch: attr.graph(inner.build()),
    value: attr.tensor(f32([], [Math.fround(0.1)])),
    floats: attr.floats([1, Number.NEGATIVE_INFINITY]),
    ints: attr.ints([]),
    text: attr.string('"\\'),
  });
  builder.output(y!, 'float32', []);
  const graph = builder.build();
  const again = parse(print(graph));
  expect(again).toEqual(graph);
  expect([...again.constants]).toEqual([...graph.constants]);
});

test.each(npmModels.map((path) => [basename(path), path]))('%s', (_, path) => {
  const { graph } = Model.loadSync(path);
  const text = print(graph);
  expect(print(parse(text))).toBe(text);
  expect(print(graph, { elide: true }).length).toBeLessThan(text.length);
});

test.each([
  ['graph g opsets {} input x float32 end', /':' in line 1/],
  ['graph g opsets {}\n input x: float33 end', /element type in line 2 .*'float33'/],
  ['graph g opsets {} y = Relu(x', /','/],
  ['graph g opsets {}\ny = Relu(x)\n', /the end/],
  ['graph g opsets {} constant w: float32[20] = ... end', /'\['.*'\.\.\.'/],
  ['graph g opsets {} y = Relu(x) {a: tree 1} end', /attribute type/],
  ['graph g opsets {} end end', /end of the text/],
  ['graph "g opsets', /name/],
])('%j is refused', (text, message) => {
  expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'KPT_GRAPH_INVALID' }));
  expect(() => parse(text)).toThrow(message);
});

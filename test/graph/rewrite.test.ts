// GraphEditor: maps stay right through changes; the result is sorted, without dead nodes, legal.

import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { parse } from '../../lib/graph/parse.js';
import { print } from '../../lib/graph/print.js';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import { verify } from '../../lib/graph/verify.js';
import { f32 } from '../../lib/tensor/tensor.js';

const chain = () =>
  parse(`graph main opsets {"": 18}
  input x: float32[N]
  constant w: float32[1] = [2]
  constant unused: float32[1] = [3]
  a = Relu(x)
  b = Identity(a)
  c = Mul(b, w)
  d = Add(b, c)
  dead = Neg(b)
  output d: float32[N]
end`);

const body = (editor: GraphEditor): string[] =>
  print(verify(editor.finish()))
    .split('\n')
    .slice(2, -2)
    .map((line) => line.trim());

test('finish drops what no output needs', () => {
  expect(body(new GraphEditor(chain()))).toEqual([
    'constant w: float32[1] = [2]',
    'a = Relu(x)',
    'b = Identity(a)',
    'c = Mul(b, w)',
    'd = Add(b, c)',
  ]);
});

test('a value is bypassed everywhere', () => {
  const editor = new GraphEditor(chain());
  for (const node of editor.nodes) if (node.op === 'Identity') editor.renameUses('b', 'a');
  expect(editor.consumers('b')).toEqual([]);
  expect(editor.consumers('a').map((node) => node.op)).toEqual(['Identity', 'Mul', 'Add', 'Neg']);
  expect(body(editor)).toEqual([
    'constant w: float32[1] = [2]',
    'a = Relu(x)',
    'c = Mul(a, w)',
    'd = Add(a, c)',
  ]);
});

test('nodes are fused, with fresh constants and names', () => {
  const editor = new GraphEditor(chain());
  const add = editor.producer('d')!;
  const mul = editor.producer('c')!;
  expect(editor.isOnlyUsedBy('c', add)).toBe(true);
  expect(editor.isOnlyUsedBy('b', mul)).toBe(false);
  expect(editor.isOnlyUsedBy('d', add)).toBe(false);
  const three = editor.addConstant('w', f32([1], [3]));
  expect(three).toBe('w_1');
  editor.replace([mul, add], [editor.newNode('Mul', ['b', three], ['d'])]);
  expect(editor.has(mul)).toBe(false);
  expect(body(editor)).toEqual([
    'constant w_1: float32[1] = [3]',
    'a = Relu(x)',
    'b = Identity(a)',
    'd = Mul(b, w_1)',
  ]);
});

test('inserted nodes come where they are needed', () => {
  const editor = new GraphEditor(chain());
  const relu = editor.producer('a')!;
  const fresh = editor.fresh('a');
  editor.insertAfter(relu, editor.newNode('Abs', ['a'], [fresh]));
  editor.renameUses('a', fresh, [editor.producer(fresh)!]);
  expect(body(editor).slice(1, 4)).toEqual(['a = Relu(x)', 'a_1 = Abs(a)', 'b = Identity(a_1)']);
});

test('what subgraphs capture is used, renamed and kept', () => {
  const branch = (op: string) => {
    const builder = new GraphBuilder(op, undefined, ['b', 'x']);
    builder.output(builder.node(op, ['b'])[0]!, 'float32');
    return attr.graph(builder.build());
  };
  const builder = new GraphBuilder();
  const x = builder.input('x', 'float32', ['N']);
  const cond = builder.input('cond', 'bool', []);
  const [b] = builder.node('Identity', [x], {}, { outputs: ['b'] });
  const [y] = builder.node('If', [cond], { then_branch: branch('Relu'), else_branch: branch('Neg') });
  builder.output(y!, 'float32');
  const editor = new GraphEditor(builder.build());
  expect(editor.consumers(b!).map((node) => node.op)).toEqual(['If']);
  editor.renameUses(b!, x);
  const graph = verify(editor.finish());
  expect(graph.nodes.map((node) => node.op)).toEqual(['If']);
  expect(print(graph)).toMatch(/Relu\(x\)[\s\S]*Neg\(x\)/);
});

test('mistakes of passes are caught', () => {
  const editor = new GraphEditor(chain());
  const relu = editor.producer('a')!;
  editor.replace([relu], []);
  const internal = expect.objectContaining({ code: 'KPT_INTERNAL' });
  expect(() => editor.replace([relu], [])).toThrow(internal);
  expect(() => editor.insertAfter(editor.producer('b')!, editor.newNode('Abs', ['x'], ['c']))).toThrow(
    internal,
  );
  expect(() => editor.setConstant('none', f32([], [1]))).toThrow(internal);
  expect(() => verify(editor.finish())).toThrow(/'a' is used by Identity/);
});

test('the domains of new nodes get an opset', () => {
  const editor = new GraphEditor(chain());
  editor.replace([editor.producer('a')!], [editor.newNode('Unary', ['x'], ['a'], {}, 'ai.kompakt')]);
  expect(verify(editor.finish()).opsets).toEqual({ '': 18, 'ai.kompakt': 1 });
});

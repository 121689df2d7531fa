import { parse } from '../../lib/graph/parse.js';
import { Inliner } from '../../lib/run/inline.js';

const graph = parse(`graph main opsets {"": 18}
  input x: float32[2]
  y, z, w = Body(x)
  output y: float32
end`);
const body = parse(`graph body opsets {"": 18}
  a = Neg(x)
  b = Abs(a)
  output a: float32
  output a: float32
  output x: float32
end`);

test('what a body makes takes the name of the output; copies, and what it captures, get one by an Identity', () => {
  const { nodes } = new Inliner(graph).inline(graph.nodes[0]!, body);
  expect(nodes.map(({ op, inputs, outputs }) => [op, ...inputs, ...outputs])).toEqual([
    ['Neg', 'x', 'y'],
    ['Abs', 'y', 'y/Body/b'],
    ['Identity', 'y', 'z'],
    ['Identity', 'x', 'w'],
  ]);
});

// Gradients of reductions at zeros, where formulas divide by them.
import { GraphWriter } from '../../../lib/graph/writer.js';
import { differentiate } from '../../../lib/run/differentiate.js';
import { Engine } from '../../../lib/run/engine.js';
import { runReference } from '../../../lib/run/reference.js';
import { GraphRunner } from '../../../lib/run/runner.js';
import { f32, i64, type TensorValue, toNumbers } from '../../../lib/tensor/tensor.js';

const engine = new Engine(1);
afterAll(() => engine.release());

/** The gradient of the sum of what `op` makes of the rows of x, by the references and by the engine. */
function gradients(op: string, rows: number, values: readonly number[]): number[][] {
  const writer = new GraphWriter();
  const dims = [rows, values.length / rows];
  const x = writer.input('x', { dtype: 'float32', dims });
  const [y] = writer.add(op, [x, writer.constant('axes', i64([1]))]);
  const [loss] = writer.add('ReduceSum', [y!], { keepdims: { type: 'int', value: 0 } });
  const graph = differentiate(writer.graph([]), loss!, ['x']);
  const feeds = new Map<string, TensorValue>([['x', f32(dims, values)]]);
  const runner = new GraphRunner(graph, engine);
  const results = [runReference(graph, feeds), runner.runSync(feeds)];
  runner.release();
  return results.map((result) => [...toNumbers(result.get(graph.outputs[0]!.name)!)].map((v) => v + 0));
}

test.each([
  // x / |x|: 0 in a row of zeros, as in PyTorch.
  ['ReduceL2', [0, 0, 3, -4], [0, 0, 0.6, -0.8]],
  // The product of the others.
  ['ReduceProd', [2, -3, 0.5, 0, 3, 5, 0, 0, 7], [-1.5, 1, -6, 15, 0, 0, 0, 0, 0]],
] as const)('%s of %j', (op, values, expected) => {
  const rows = values.length === 4 ? 2 : 3;
  for (const found of gradients(op, rows, values))
    found.forEach((v, i) => {
      expect(v).toBeCloseTo(expected[i]!, 5);
    });
});

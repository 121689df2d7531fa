// Integer operators raised: the same numbers as before.
import { qdqForm } from '../../lib/explain/qdq-form.js';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { GraphExecutor } from '../../lib/session/executor.js';
import { f32, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { randomFloats } from '../helpers/random-floats.js';

async function answer(graph: Graph): Promise<Float64Array> {
  const executor = new GraphExecutor(graph, 1);
  const values = await executor.run(new Map([['x', f32([1, 2, 4, 4], randomFloats(32, 3))]]));
  executor.release();
  return toNumbers(values.get(graph.outputs[0]!.name)!);
}

function integerNet(): Graph {
  const b = new GraphBuilder('integers', { '': 18, 'com.microsoft': 1 });
  const x = b.input('x', 'float32', [1, 2, 4, 4]);
  const params = (scale: number, zero: number): [string, string] => [
    b.constant('scale', f32([], [scale])),
    b.constant('zero', tensor('uint8', [], Uint8Array.of(zero))),
  ];
  const microsoft = { domain: 'com.microsoft' };
  const bytes = (dims: number[], seed: number) =>
    tensor(
      'int8',
      dims,
      Int8Array.from(
        randomFloats(
          dims.reduce((p, c) => p * c, 1),
          seed,
          127,
        ),
      ),
    );
  const px = params(0.01, 128);
  const [q] = b.node('QuantizeLinear', [x, ...px]);
  const w = [
    b.constant('w', bytes([3, 2, 1, 1], 5)),
    b.constant('ws', f32([3], [0.01, 0.02, 0.005])),
    b.constant('wz', tensor('int8', [3], new Int8Array(3))),
  ];
  const bias = b.constant('b', tensor('int32', [3], Int32Array.of(100, -50, 7)));
  const pc = params(0.02, 100);
  const [c] = b.node('QLinearConv', [q!, ...px, ...w, ...pc, bias]);
  const [pool] = b.node('MaxPool', [c!], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  const ps = params(0.03, 90);
  const [s] = b.node('QLinearAdd', [pool!, ...pc, pool!, ...pc, ...ps], {}, microsoft);
  const [flat] = b.node('Flatten', [s!], { axis: attr.int(1) });
  const wg = [
    b.constant('g', bytes([2, 12], 6)),
    b.constant('gs', f32([], [0.01])),
    b.constant('gz', tensor('int8', [], new Int8Array(1))),
  ];
  const gb = b.constant('gb', tensor('int32', [2], Int32Array.of(1000, -300)));
  const pg = params(0.05, 120);
  const [g] = b.node('QGemm', [flat!, ...ps, ...wg, gb, ...pg], { transB: attr.int(1) }, microsoft);
  const [y] = b.node('DequantizeLinear', [g!, ...pg]);
  b.output(y!, 'float32', [1, 2]);
  return b.build();
}

test('a net of integer operators becomes one of float operators between Q and DQ, with the same answers', async () => {
  const graph = integerNet();
  const raised = qdqForm(graph);
  const ops = raised.nodes.map(({ op }) => op);
  expect(ops).toEqual(expect.arrayContaining(['Conv', 'Add', 'Gemm', 'MaxPool', 'Flatten']));
  expect(ops.filter((op) => op.startsWith('QLinear') || op === 'QGemm')).toEqual([]);
  expect(await answer(raised)).toEqual(await answer(graph));
});

test('what is moved only is rounded once', () => {
  const raised = qdqForm(integerNet());
  const rounded = raised.nodes.filter(({ op }) => op === 'QuantizeLinear').length;
  // x, Conv, Add, Gemm; not MaxPool, not Flatten.
  expect(rounded).toBe(4);
});

test('a float graph stays what it is', () => {
  const b = new GraphBuilder();
  const x = b.input('x', 'float32', [2]);
  b.output(b.node('Relu', [x])[0]!, 'float32', [2]);
  const graph = b.build();
  expect(qdqForm(graph).nodes).toEqual(graph.nodes);
});

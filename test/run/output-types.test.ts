import { Tensor } from 'onnxruntime-common';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';
import type { DType } from '../../lib/tensor/dtype.js';
import { f32 } from '../../lib/tensor/tensor.js';

function session(op: 'Relu' | 'Shape' | 'Identity', declared: DType): InferenceSession {
  const graph = new GraphBuilder('declared');
  const [made] = graph.node(op, [graph.input('x', 'float32', [2])], {}, { outputs: ['y'] });
  graph.output(made!, declared, [op === 'Shape' ? 1 : 2]);
  return InferenceSession.fromModel(new Model(graph.build()));
}

test.each([
  ['Relu', 'int64', 'float32'],
  ['Shape', 'float32', 'int64'],
  ['Identity', 'uint8', 'float32'],
] as const)(
  '%s declared as %s is refused where it makes %s, and runs where it is declared so',
  async (op, wrong, right) => {
    const feeds = { x: new Tensor('float32', f32([2], [1, 2]).data as Float32Array, [2]) };
    await expect(session(op, wrong).run(feeds)).rejects.toMatchObject({
      code: 'KPT_TYPE_MISMATCH',
      message: `Expected element type ${wrong}, as the model declares it, for output "y" but received "${right}".`,
    });
    expect((await session(op, right).run(feeds)).y!.type).toBe(right);
  },
);

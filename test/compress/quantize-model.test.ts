// Quantising models with the samples of users.
import { quantize } from '../../lib/compress/quantize-model.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { toTensor } from '../../lib/session/feeds.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { randomFloats } from '../helpers/random-floats.js';

test('samples without one of the inputs are refused by the name of the input', async () => {
  const g = new GraphBuilder('net');
  const [a, b] = ['a', 'b'].map((name) => g.input(name, 'float32', ['N', 8])) as [string, string];
  const product = (x: string) => g.node('MatMul', [x, g.constant('w', f32([8, 4], randomFloats(32, 1)))])[0]!;
  g.output(g.node('Add', [product(a), product(b)])[0]!, 'float32', ['N', 4]);
  const model = new Model(g.build());
  const whole = {
    a: toTensor(f32([1, 8], randomFloats(8, 2))),
    b: toTensor(f32([1, 8], randomFloats(8, 3))),
  };
  for (const data of [[{ a: whole.a }], [whole, { a: whole.a }]])
    await expect(quantize(model, { data: data.map((feeds) => ({ feeds })) as never })).rejects.toMatchObject({
      code: 'KPT_INPUT_MISSING',
      message: expect.stringMatching(/^Input 'b', which (Fused)?MatMul node '.+' reads, was not fed\.$/),
    });
});

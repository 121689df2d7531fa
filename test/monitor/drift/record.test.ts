// Baselines of models that are not float32, or not for any number of rows.
import { Tensor } from 'onnxruntime-common';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { recordBaseline } from '../../../lib/monitor/drift/record.js';
import { fromNumbers } from '../../../lib/tensor/tensor.js';

test('the range of an input that is quantised with a scale in float16', async () => {
  const g = new GraphBuilder('half');
  const x = g.input('x', 'float16', ['N', 4]);
  const scale = g.constant('scale', fromNumbers('float16', [], [0.5]));
  const zero = g.constant('zero', fromNumbers('uint8', [], [10]));
  const [q] = g.node('QuantizeLinear', [x, scale, zero]);
  const [y] = g.node('DequantizeLinear', [q!, scale, zero]);
  g.output(y!, 'float16', ['N', 4]);
  const values = [-6, 0.5, 2, 130];
  const { data } = fromNumbers('float16', [1, 4], values);
  const feeds = { x: new Tensor('float16', data as Uint16Array, [1, 4]) };
  const { inputs } = await recordBaseline(
    new Model(g.build()),
    Array.from({ length: 100 }, () => ({ feeds })),
  );
  // 0.5 * (0 - 10 - 0.5) and 0.5 * (255 - 10 + 0.5)
  expect(inputs[0]).toMatchObject({
    min: -6,
    max: 130,
    mean: expect.closeTo(31.625, 9),
    range: { low: -5.25, high: 122.75 },
  });
});

test('a classifier for a batch of 1 has classes in its baseline', async () => {
  const g = new GraphBuilder('one');
  g.output(g.node('Relu', [g.input('x', 'float32', [1, 4])])[0]!, 'float32', [1, 4]);
  const feeds = (top: number) => ({
    x: new Tensor(
      'float32',
      [0, 1, 2, 3].map((i) => (i === top ? 2 : 1)),
      [1, 4],
    ),
  });
  const made = await recordBaseline(
    new Model(g.build()),
    [0, 0, 0, 3].map((top) => ({ feeds: feeds(top) })),
  );
  expect(made.rows).toBe(false);
  expect(made.outputs[0]!.classes!.shares).toEqual([0.75, 0, 0, 0.25]);
});

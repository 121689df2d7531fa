// Candidates beside the original on the same samples, by labels or by agreement, also where there is one score of two classes.
import { Tensor } from 'onnxruntime-common';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { Judge } from '../../../lib/search/compress/judge.js';
import { f32 } from '../../../lib/tensor/tensor.js';

const threads = 1;

/** x + shift as one score, or as the probability of class 1. */
function model(shift: number, end?: 'Sigmoid'): Model {
  const g = new GraphBuilder();
  const x = g.input('x', 'float32', ['N', 1]);
  let [y] = g.node('Add', [x, g.constant('shift', f32([1], [shift]))]);
  if (end !== undefined) [y] = g.node(end, [y!]);
  g.output(y!, 'float32', ['N', 1]);
  return new Model(g.build());
}

/** -3.5 to 4.5; what is above 0 has label 1. */
const samples = Array.from({ length: 9 }, (_, i) => ({
  feeds: { x: new Tensor('float32', [i - 3.5], [1, 1]) },
  label: Number(i > 3),
}));

test.each([undefined, 'Sigmoid'] as const)('one score, ending in %p', async (end) => {
  for (const labelled of [true, false]) {
    const judge = await Judge.of(model(0, end), samples, { labelled, threads });
    expect(judge.original).toMatchObject({ samples: 9, right: 9 });
    expect(await judge.judge(model(0.1, end))).toMatchObject({ drop: 0, right: 9 });
    const worse = await judge.judge(model(-2, end));
    expect(worse).toMatchObject({ right: 7, originalOnly: 2, candidateOnly: 0 });
    expect(worse.drop).toBeCloseTo(200 / 9, 10);
  }
});

test('agreement that would see nothing, and labels that are none of two, are refused', async () => {
  await expect(Judge.of(model(100), samples, { labelled: false, threads })).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining('says yes to each of 9 samples'),
  });
  expect((await Judge.of(model(100), samples, { labelled: true, threads })).original.right).toBe(5);
  const three = samples.map((sample) => ({ ...sample, label: 2 }));
  await expect(Judge.of(model(0), three, { labelled: true, threads })).rejects.toMatchObject({
    code: 'KPT_DATA_MALFORMED',
  });
});

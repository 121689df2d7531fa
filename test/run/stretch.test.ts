// Numbers in tensors that no step can compute with: the run ends with what the reference says of them, and the session goes on.
import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { runReference } from '../../lib/run/reference.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32, i64 } from '../../lib/tensor/tensor.js';

/** y = op(Neg(x), at[, updates]); the data are [3, 2]. */
function graphOf(op: string, at: readonly number[], attributes = {}, updates?: readonly number[]): Graph {
  const g = new GraphBuilder('indexed');
  g.input('x', 'float32', [3, 2]);
  g.input('at', 'int64', [...at]);
  if (updates !== undefined) g.input('u', 'float32', [...updates]);
  const [x] = g.node('Neg', ['x']);
  const [y] = g.node(op, [x!, 'at', ...(updates ? ['u'] : [])], attributes);
  g.output(y!, 'float32');
  return g.build();
}

const cases: readonly (readonly [string, Graph, readonly number[], readonly number[]])[] = [
  ['Gather', graphOf('Gather', [2]), [2, -3], [1, 3]],
  ['Gather from the end', graphOf('Gather', [2]), [2, -3], [-4, 0]],
  ['GatherElements', graphOf('GatherElements', [1, 2]), [2, 0], [0, 3]],
  ['GatherND', graphOf('GatherND', [1, 2]), [2, 1], [2, 2]],
  ['ScatterElements', graphOf('ScatterElements', [1, 2], {}, [1, 2]), [2, 0], [0, -4]],
  ['ScatterND', graphOf('ScatterND', [1, 2], {}, [1]), [2, 1], [3, 1]],
  [
    'ReverseSequence',
    graphOf('ReverseSequence', [2], { batch_axis: attr.int(1), time_axis: attr.int(0) }),
    [3, 0],
    [4, 0],
  ],
];

describe.each(cases)('%s', (_, graph, good, bad) => {
  const x = Float32Array.from({ length: 6 }, (_, i) => i + 1);
  const valuesOf = (at: readonly number[]) =>
    graph.inputs.map(({ name, dims }) => {
      const sizes = dims as number[];
      if (name === 'at') return [name, i64(at, sizes)] as const;
      return [
        name,
        f32(
          sizes,
          x.slice(
            0,
            sizes.reduce((a, b) => a * b, 1),
          ),
        ),
      ] as const;
    });
  const feedsOf = (at: readonly number[]) =>
    Object.fromEntries(
      valuesOf(at).map(([name, { dtype, dims, data }]) => [
        name,
        new Tensor(dtype as never, data as never, dims),
      ]),
    );
  const referenceError = (): unknown => {
    try {
      runReference(graph, new Map(valuesOf(bad)));
      return undefined;
    } catch (error) {
      return error;
    }
  };

  test.each([1, 2])('with %d threads, however it is run', async (intraOpNumThreads) => {
    const session = InferenceSession.fromModel(new Model(graph), { intraOpNumThreads });
    expect(session.describe().nodes.every(({ native }) => native)).toBe(true);
    const name = session.outputNames[0]!;
    const right = runReference(graph, new Map(valuesOf(good))).get(name)!.data;
    const said = expect.objectContaining({
      code: 'KPT_DATA_MALFORMED',
      message: (referenceError() as Error).message,
    });
    const feeds = feedsOf(bad);
    const step = session.bind({ inputs: feeds });
    for (let i = 0; i < 3; i++) {
      expect(() => session.runSync(feeds)).toThrow(said);
      await expect(session.run(feeds)).rejects.toThrow(said);
      expect(step).toThrow(said);
      expect(session.runSync(feedsOf(good))[name]!.data).toEqual(right);
      expect((await session.run(feedsOf(good)))[name]!.data).toEqual(right);
    }
    (feeds.at!.data as unknown as BigInt64Array).set(good.map(BigInt));
    step();
    expect(step.outputs[name]!.data).toEqual(right);
    await session.release();
  });
});

// Arguments of run(), and names that all objects have.
import { Tensor } from 'onnxruntime-common';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';

function relu(input: string, output: string): Model {
  const graph = new GraphBuilder('relu');
  const [made] = graph.node('Relu', [graph.input(input, 'float32', [2])], {}, { outputs: [output] });
  graph.output(made!, 'float32', [2]);
  return new Model(graph.build());
}

const bytes = relu('x', 'y').toBytes();
const make = (): Promise<InferenceSession> => InferenceSession.create(bytes, { planCache: false });
const tensor = (): Tensor => new Tensor('float32', Float32Array.of(-1, 2), [2]);
const own = <T>(name: string, value: T): Record<string, T> => Object.fromEntries([[name, value]]);

describe.each(['constructor', 'toString', '__proto__'])('a value named %s', (name) => {
  const create = (input: string, output: string): Promise<InferenceSession> =>
    InferenceSession.create(relu(input, output).toBytes(), { planCache: false });

  test('is made, alone, in an array of its own and in one that is given', async () => {
    const session = await create('x', name);
    const target = tensor();
    for (const result of [
      await session.run({ x: tensor() }),
      await session.run({ x: tensor() }, [name]),
      await session.run({ x: tensor() }, own(name, null)),
      await session.run({ x: tensor() }, own(name, target)),
      session.runSync({ x: tensor() }),
    ]) {
      expect(Object.keys(result)).toEqual([name]);
      expect([...(result[name]!.data as Float32Array)]).toEqual([0, 2]);
    }
    expect([...(target.data as Float32Array)]).toEqual([0, 2]);
  });

  test('is fed, and missed where it is not', async () => {
    const session = await create(name, 'y');
    const { y } = await session.run(own(name, tensor()));
    expect([...(y!.data as Float32Array)]).toEqual([0, 2]);
    await expect(session.run({})).rejects.toMatchObject({ code: 'KPT_INPUT_MISSING' });
  });

  test('is bound', async () => {
    const step = (await create(name, name === 'toString' ? 'y' : 'toString')).bind({
      inputs: own(name, Float32Array.of(-1, 2)),
    });
    step();
    expect([...(Object.values(step.outputs)[0]!.data as Float32Array)]).toEqual([0, 2]);
    const unbound = await create(name, 'y');
    expect(() => unbound.bind({ inputs: {} })).toThrow(
      expect.objectContaining({ code: 'KPT_INPUT_MISSING' }),
    );
  });
});

test.each<[string, readonly unknown[]]>([
  ['null for outputs', [null]],
  ['a name for outputs', ['y']],
  ['a number for outputs', [5]],
  ['null for options', [['y'], null]],
  ['a number for options', [['y'], 5]],
  ['a number for a signal', [['y'], { signal: 5 }]],
  ['a number for a signal, without outputs', [{ signal: 5 }]],
])('run() refuses %s, and goes on', async (_, more) => {
  const session = await make();
  const run = session.run as (...args: unknown[]) => Promise<unknown>;
  await expect(run.call(session, { x: tensor() }, ...more)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
  const { y } = await session.run({ x: tensor() }, { signal: new AbortController().signal });
  expect([...(y!.data as Float32Array)]).toEqual([0, 2]);
});

test('runSync() and tensors for outputs are checked', async () => {
  const session = await make();
  expect(() => session.runSync({ x: tensor() }, null as never)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
  );
  await expect(session.run({ x: tensor() }, { y: 5 as never })).rejects.toMatchObject({
    code: 'KPT_BUFFER_INVALID',
  });
});

test('create() refuses numbers that are no part of a buffer', async () => {
  const create = InferenceSession.create as (...args: unknown[]) => Promise<InferenceSession>;
  const buffer = bytes.slice().buffer;
  for (const args of [
    ['net.onnx', 5],
    [bytes, 5],
    [buffer, -1],
    [buffer, 0.5],
    [buffer, 0, bytes.length + 1],
    [buffer, bytes.length + 1],
  ])
    await expect(create.call(InferenceSession, ...args)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
  expect((await create.call(InferenceSession, buffer, 0)).outputNames).toEqual(['y']);
});

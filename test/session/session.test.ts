// InferenceSession as programs see it: the interface of onnxruntime-node, errors, order, memory.
import { Worker } from 'node:worker_threads';
import { Tensor } from 'onnxruntime-common';
import * as ort from 'onnxruntime-node';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32, tensor } from '../../lib/tensor/tensor.js';
import { garbageOf } from '../helpers/garbage.js';
import { npmModels, signal } from '../helpers/models.js';

const alexa = npmModels.find((m) => m.name === 'alexa')!.path;
const detection = npmModels.find((m) => m.name === 'PP-OCRv4 detection')!.path;
const input = 'onnx::Flatten_0';
const feed = (seed = 1): { [name: string]: Tensor } => ({
  [input]: new Tensor('float32', signal(16 * 96, seed), [1, 16, 96]),
});

async function codeOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  }
  return 'no error';
}

describe('the interface of onnxruntime-node', () => {
  test('names, metadata and results are those of onnxruntime-node', async () => {
    const ours = await InferenceSession.create(alexa);
    const theirs = await ort.InferenceSession.create(alexa);
    expect(ours.inputNames).toEqual(theirs.inputNames);
    expect(ours.outputNames).toEqual(theirs.outputNames);
    expect(ours.inputMetadata).toEqual(theirs.inputMetadata);
    expect(ours.outputMetadata).toEqual(theirs.outputMetadata);
    const [a, b] = [await ours.run(feed()), await theirs.run(feed())];
    expect(a['13']!.data[0]).toBeCloseTo(b['13']!.data[0] as number, 5);
    await ours.release();
  });

  test('models load from a path, a Uint8Array and a slice of an ArrayBuffer', async () => {
    const model = await Model.load(alexa);
    const bytes = model.toBytes();
    const padded = new Uint8Array(bytes.length + 16);
    padded.set(bytes, 8);
    const sessions = await Promise.all([
      InferenceSession.create(alexa),
      InferenceSession.create(bytes),
      InferenceSession.create(padded.buffer, 8, bytes.length),
    ]);
    const results = sessions.map((s) => s.runSync(feed())['13']!.data[0]);
    expect(new Set(results).size).toBe(1);
  });

  test('fetches choose outputs, and pre-allocated fetches are filled', async () => {
    const session = await InferenceSession.create(alexa);
    const target = new Tensor('float32', new Float32Array(1), [1, 1]);
    const result = await session.run(feed(), { '13': target });
    expect(result['13']).toBe(target);
    expect(target.data[0]).toBe(session.runSync(feed(), ['13'])['13']!.data[0]);
    expect(Object.keys(session.runSync(feed(), []))).toEqual([]);
  });

  test('a pre-allocated fetch of another type, length or shape is refused as it was', async () => {
    const session = await InferenceSession.create(alexa);
    const misfits = [
      new Tensor('int32', new Int32Array(1).fill(7), [1, 1]),
      new Tensor('float32', new Float32Array(2).fill(7), [1, 2]),
      new Tensor('float32', new Float32Array(1).fill(7), [1]),
    ];
    for (const target of misfits) {
      expect(await codeOf(() => session.run(feed(), { '13': target }))).toBe('KPT_BUFFER_INVALID');
      expect(new Set(target.data as Int32Array)).toEqual(new Set([7]));
    }
  });
});

describe('bad feeds', () => {
  test('each gives its code', async () => {
    const session = await InferenceSession.create(alexa);
    const t = feed()[input]!;
    expect(await codeOf(() => session.run({}))).toBe('KPT_INPUT_MISSING');
    expect(await codeOf(() => session.run({ ...feed(), extra: t }))).toBe('KPT_INPUT_UNKNOWN');
    expect(await codeOf(() => session.run(feed(), ['nope']))).toBe('KPT_INPUT_UNKNOWN');
    const short = new Tensor('float32', new Float32Array(96), [1, 1, 96]);
    expect(await codeOf(() => session.run({ [input]: short }))).toBe('KPT_SHAPE_MISMATCH');
    const ints = new Tensor('int32', new Int32Array(16 * 96), [1, 16, 96]);
    expect(await codeOf(() => session.run({ [input]: ints }))).toBe('KPT_TYPE_MISMATCH');
    const disguised = { type: 'float32', dims: [1, 16, 96], data: ints.data } as unknown as Tensor;
    expect(await codeOf(() => session.run({ [input]: disguised }))).toBe('KPT_TYPE_MISMATCH');
    const inputs = { [input]: ints.data as Int32Array };
    expect(await codeOf(() => session.bind({ inputs }))).toBe('KPT_TYPE_MISMATCH');
    for (const source of [undefined, null, {}, 42, await Model.load(alexa)])
      expect(await codeOf(() => InferenceSession.create(source as never))).toBe('KPT_OPTION_INVALID');
    expect(
      await codeOf(() => InferenceSession.create(alexa, { graphOptimizationLevel: 'bogus' as never })),
    ).toBe('KPT_OPTION_INVALID');
    expect(await codeOf(() => InferenceSession.create(alexa, { intraOpNumThreads: -1 }))).toBe(
      'KPT_OPTION_INVALID',
    );
    await session.release();
    expect(await codeOf(() => session.run(feed()))).toBe('KPT_SESSION_RELEASED');
  });
});

describe('running off the JavaScript thread', () => {
  const big = (): { x: Tensor } => ({
    x: new Tensor('float32', signal(3 * 640 * 640), [1, 3, 640, 640]),
  });

  test('the event loop goes on turning during an inference', async () => {
    const session = await InferenceSession.create(detection, { intraOpNumThreads: 1 });
    const feeds = big();
    await session.run(feeds);
    let [turns, running] = [0, true];
    const turn = (): void => {
      turns++;
      if (running) setImmediate(turn);
    };
    setImmediate(turn);
    await session.run(feeds);
    running = false;
    // A turn takes microseconds, so any share of a core that others leave is enough for many: no time is judged, for what the
    // loop waits for busy cores is not its own. A run on this thread would leave it two turns or three.
    expect(turns).toBeGreaterThan(10);
    await session.release();
  });

  test('concurrent runs of one session are all right and end in the order of their calls', async () => {
    const session = await InferenceSession.create(alexa);
    const wanted = Array.from({ length: 20 }, (_, i) => session.runSync(feed(i + 1))['13']!.data[0]);
    const order: number[] = [];
    const results = await Promise.all(
      wanted.map(async (_, i) => {
        const result = await session.run(feed(i + 1));
        order.push(i);
        return result['13']!.data[0];
      }),
    );
    expect(results).toEqual(wanted);
    expect(order).toEqual(wanted.map((_, i) => i));
  });

  test('what was accepted before release() is computed', async () => {
    const session = await InferenceSession.create(detection, { intraOpNumThreads: 1 });
    const runs = Array.from({ length: 3 }, () => session.run(big()));
    const released = session.release();
    expect(await codeOf(() => session.run(big()))).toBe('KPT_SESSION_RELEASED');
    for (const outputs of await Promise.all(runs))
      expect(outputs['sigmoid_0.tmp_0']!.dims).toEqual([1, 1, 640, 640]);
    await released;
  });

  test('a signal aborts a run, and the session goes on', async () => {
    const session = await InferenceSession.create(detection, { intraOpNumThreads: 1 });
    await session.run(big());
    const controller = new AbortController();
    const run = session.run(big(), { signal: controller.signal });
    setTimeout(() => controller.abort(), 5);
    expect(await codeOf(() => run)).toBe('KPT_ABORTED');
    const aborted = AbortSignal.abort();
    expect(await codeOf(() => session.run(big(), { signal: aborted }))).toBe('KPT_ABORTED');
    const after = await session.run(big());
    expect(after['sigmoid_0.tmp_0']!.dims).toEqual([1, 1, 640, 640]);
    await session.release();
  });

  test('works in worker threads that end while a run is under way', async () => {
    const addon = require.resolve('../../build/Release/kompakt.node');
    const code = `
      const { parentPort } = require('node:worker_threads');
      const addon = require(${JSON.stringify(addon)});
      const session = new addon.NativeSession(2);
      // Whoever listens does not end by itself.
      parentPort.on('message', () => {});
      parentPort.postMessage(session.addConstant(new Uint8Array(8), 'x', 0, 0, 1));
    `;
    for (let i = 0; i < 5; i++) {
      const worker = new Worker(code, { eval: true, execArgv: [] });
      const message = await new Promise((resolve, reject) => {
        worker.once('message', resolve);
        worker.once('error', reject);
      });
      expect(message).toBe(0);
      expect(await worker.terminate()).toBe(1);
    }
  });
});

describe('bound steps', () => {
  test('step() gives what runSync() gives, and follows its input buffer', async () => {
    const session = await InferenceSession.create(alexa);
    const x = signal(16 * 96);
    const y = new Float32Array(1);
    const step = session.bind({ inputs: { [input]: x }, outputs: { '13': y } });
    for (const seed of [1, 2, 3]) {
      x.set(signal(16 * 96, seed));
      step();
      expect(y[0]).toBe(session.runSync(feed(seed))['13']!.data[0]);
    }
    expect(step.outputs['13']!.data).toBe(y);
  });

  test('no JavaScript memory is taken per step', async () => {
    const session = await InferenceSession.create(alexa, { intraOpNumThreads: 1 });
    const step = session.bind({ inputs: { [input]: signal(16 * 96) } });
    for (let i = 0; i < 2000; i++) step();
    expect(garbageOf(step, 20000)).toBeLessThan(4);
  });

  test.each([1, 15, 16, 17, 67])(
    '%d signed bytes in and out are as in run(), and in onnxruntime',
    async (size) => {
      const g = new GraphBuilder('bytes');
      const x = g.input('x', 'int8', [size]);
      const [scale, zero] = [
        g.constant('s', f32([], [0.5])),
        g.constant('z', tensor('int8', [], Int8Array.of(3))),
      ];
      const [real] = g.node('DequantizeLinear', [x, scale, zero]);
      const [positive] = g.node('Relu', [real!]);
      const [bytes] = g.node('QuantizeLinear', [positive!, scale, zero]);
      g.output(bytes!, 'int8', [size]);
      const model = new Model(g.build());
      const session = await InferenceSession.fromModel(model);
      const values = Int8Array.from({ length: size }, (_, i) => (i % 2 === 0 ? 127 - 3 * i : -128 + 3 * i));
      const feeds = { x: new Tensor('int8', values, [size]) };
      const [name] = session.outputNames as [string];
      const expected = (await (await ort.InferenceSession.create(model.toBytes())).run(feeds as never))[name]!
        .data;
      expect((await session.run(feeds))[name]!.data).toEqual(expected);
      const y = new Int8Array(size);
      const step = session.bind({ inputs: { x: values }, outputs: { [name]: y } });
      step();
      expect(y).toEqual(expected);
      expect(values).toEqual(feeds.x.data);
    },
  );

  test('an output that is constant for these sizes is refused, also where a step reads it', async () => {
    const g = new GraphBuilder('constant');
    const x = g.input('x', 'float32', ['n']);
    const k = g.constant('k', tensor('float32', [1], Float32Array.of(2)));
    const [all] = g.node('Expand', [k, g.node('Shape', [x])[0]!]);
    g.output(g.node('Min', [x, all!])[0]!, 'float32', ['n']);
    g.output(all!, 'float32', ['n']);
    const session = InferenceSession.fromModel(new Model(g.build()));
    const inputs = { x: new Tensor('float32', new Float32Array(3), [3]) };
    expect(() => session.bind({ inputs })).toThrow(/is constant/);
    await session.release();
  });

  test('names and sizes are checked as in run()', async () => {
    const g = new GraphBuilder('sum');
    const [a, b] = [g.input('a', 'float32', ['n']), g.input('b', 'float32', ['n'])];
    g.output(g.node('Add', [a, b])[0]!, 'float32', ['n']);
    const session = InferenceSession.fromModel(new Model(g.build()));
    const vector = (size: number): Tensor => new Tensor('float32', new Float32Array(size), [size]);
    const inputs = { a: vector(4), b: vector(4) };
    const [y] = session.outputNames as [string];
    expect(() => session.bind({ inputs, outputs: { [y]: new Float32Array(4) } })).not.toThrow();
    for (const [bindings, code] of [
      [{ inputs: { ...inputs, c: vector(4) } }, 'KPT_INPUT_UNKNOWN'],
      [{ inputs, outputs: { z: new Float32Array(4) } }, 'KPT_INPUT_UNKNOWN'],
      [{ inputs: { ...inputs, b: vector(1) } }, 'KPT_SHAPE_MISMATCH'],
      [{}, 'KPT_INPUT_MISSING'],
    ] as const)
      expect(await codeOf(() => session.bind(bindings as never))).toBe(code);
    expect(await codeOf(() => session.run({ ...inputs, b: vector(1) }))).toBe('KPT_SHAPE_MISMATCH');
    await session.release();
  });

  test('memory of bound steps is counted, and they end with their session', async () => {
    const session = await InferenceSession.create(alexa);
    const inputs = { [input]: signal(16 * 96) };
    session.runSync(feed());
    const { arenaBytes } = session.memory();
    const step = session.bind({ inputs });
    step();
    expect(session.memory().arenaBytes).toBe(2 * arenaBytes);
    await session.release();
    expect(await codeOf(step)).toBe('KPT_SESSION_RELEASED');
    expect(session.memory().arenaBytes).toBe(0);
  });

  test('wrong and detached buffers are refused', async () => {
    const session = await InferenceSession.create(alexa);
    expect(await codeOf(() => session.bind({ inputs: {} }))).toBe('KPT_INPUT_MISSING');
    expect(await codeOf(() => session.bind({ inputs: { [input]: new Float32Array(3) } }))).toBe(
      'KPT_SHAPE_MISMATCH',
    );
    const outputs = { '13': new Float32Array(7) };
    expect(await codeOf(() => session.bind({ inputs: { [input]: signal(16 * 96) }, outputs }))).toBe(
      'KPT_BUFFER_INVALID',
    );
    const x = signal(16 * 96);
    const step = session.bind({ inputs: { [input]: x } });
    step();
    structuredClone(x.buffer, { transfer: [x.buffer as ArrayBuffer] });
    expect(await codeOf(step)).toBe('KPT_BUFFER_INVALID');
  });
});

describe('memory', () => {
  const residual = (): Model => {
    const g = new GraphBuilder('residual');
    const x = g.input('x', 'float32', [1, 64, 16, 16]);
    const w = g.constant('w', f32([64, 64, 3, 3], signal(64 * 64 * 9)));
    const [y] = g.node('Conv', [x, w], { pads: attr.ints([1, 1, 1, 1]) });
    g.output(y!, 'float32', [1, 64, 16, 16]);
    return new Model(g.build());
  };

  test('1000 create/run/release cycles do not grow the process', async () => {
    const model = residual();
    const x = new Tensor('float32', signal(64 * 256), [1, 64, 16, 16]);
    const cycle = async (): Promise<void> => {
      const session = InferenceSession.fromModel(model, { intraOpNumThreads: 2 });
      await session.run({ x });
      await session.release();
    };
    for (let i = 0; i < 100; i++) await cycle();
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 1000; i++) await cycle();
    // Each cycle holds over 400 KB natively: a leak of any of it would show as hundreds of MB.
    expect(process.memoryUsage().rss - before).toBeLessThan(64 * 2 ** 20);
  });

  test('memory() counts arenas and weights', async () => {
    const session = InferenceSession.fromModel(residual());
    const x = new Tensor('float32', signal(64 * 256), [1, 64, 16, 16]);
    await session.run({ x });
    const { arenaBytes, weightBytes } = session.memory();
    expect(arenaBytes).toBeGreaterThanOrEqual(2 * 64 * 256 * 4);
    expect(weightBytes).toBeGreaterThanOrEqual(64 * 64 * 9 * 4);
  });
});

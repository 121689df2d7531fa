// Binarisation of whole models: what is judged is what is saved and what onnxruntime runs, stages, teachers, resumption.
import { join } from 'node:path';
import { binaryMethods } from '../../lib/compress/binarize/methods/index.js';
import { type BinarizeOptions, binarize } from '../../lib/compress/binarize-model.js';
import { opKey } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { GraphExecutor } from '../../lib/session/executor.js';
import { bytesOf, type TensorValue } from '../../lib/tensor/tensor.js';
import { evaluate, type LabelledSample } from '../../lib/train/evaluate.js';
import { finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { folder } from '../helpers/data-files.js';
import { onnxruntimeExecutor } from '../helpers/onnxruntime-executor.js';
import { classes, pictures, side } from '../helpers/pictures.js';

const shape = { input: [1, side, side], classes } as const;
const vgg = () => buildNetwork('small-vgg', { ...shape, width: 0.25, seed: 3 });
const data = pictures(320);
const judged = pictures(100, 2) as LabelledSample[];

const run = (model: Model, options: Partial<BinarizeOptions> = {}) =>
  binarize(model, { data, evaluate: judged, epochs: 4, batch: 16, seed: 1, threads: 1, ...options });

const bytes = (model: Model): string => Buffer.from(model.toBytes()).toString('base64');

const oneBit = (model: Model): string[] =>
  model.graph.nodes.filter(({ op }) => /^Binary(Conv|Gemm)/.test(op)).map(({ name }) => name);

/** The class of every judged picture. */
async function classesBy(
  execute: (feeds: ReadonlyMap<string, TensorValue>) => Promise<ReadonlyMap<string, TensorValue>>,
): Promise<number[]> {
  const found: number[] = [];
  for (const { feeds } of judged) {
    const { dims, data: x } = feeds.input!;
    const feed: TensorValue = { dtype: 'float32', dims, data: x as Float32Array };
    const logits = (await execute(new Map([['input', feed]]))).get('logits')!.data as Float32Array;
    found.push(logits.indexOf(Math.max(...logits)));
  }
  return found;
}

const share = (found: readonly number[]): number =>
  found.filter((label, i) => label === judged[i]!.label).length / found.length;

describe.each(binaryMethods.map(({ name }) => name))('%s', (method) => {
  test('learns, and the file that is saved is the model that was judged', async () => {
    const { model, report } = await run(vgg(), { method, epochs: 10, learningRate: 0.005 });
    expect(report.accuracyAfter).toBeGreaterThan(0.9);
    const inner = report.layers.filter(({ form }) => form !== null);
    expect(inner.map(({ name, form }) => `${name} ${form}`)).toEqual([
      'conv4 W1A1',
      'conv8 W1A1',
      'conv11 W1A1',
      'dense16 W1A1',
    ]);
    // Ternary weights are none of +-a.
    expect(oneBit(model)).toEqual(method === 'twn' ? [] : inner.map(({ name }) => name));
    const loaded = await Model.load(model.toBytes());
    expect(bytes(loaded)).toBe(bytes(model));
    expect((await evaluate(loaded, judged, { threads: 1 })).accuracy).toBe(report.accuracyAfter);
    const ours = new GraphExecutor(loaded.graph, 1);
    const mine = await classesBy((feeds) => ours.run(feeds));
    ours.release();
    expect(share(mine)).toBe(report.accuracyAfter);
    const theirs = await classesBy(await onnxruntimeExecutor(loaded.graph));
    expect(theirs.filter((label, i) => label !== mine[i]).length).toBeLessThanOrEqual(1);
  });
});

test('with every layer binary, onnxruntime gives the same bits and the same logits', async () => {
  const { model, report } = await run(buildNetwork('sfc', { ...shape, width: 0.25, seed: 2 }), {
    layers: { first: 'binary', last: 'binary' },
    epochs: 2,
  });
  expect(report.layers.map(({ runs }) => runs)).toEqual(['bits', 'bits', 'bits', 'bits']);
  const { graph } = model;
  const bits = graph.nodes.filter(({ op }) => op.endsWith('Bits')).map(({ outputs }) => outputs[0]!);
  expect(graph.nodes.map(opKey)).toEqual([
    'BatchNormalization',
    'Flatten',
    'ai.kompakt:PackBits',
    'ai.kompakt:BinaryGemmBits',
    'ai.kompakt:BinaryGemmBits',
    'ai.kompakt:BinaryGemmBits',
    'ai.kompakt:BinaryGemm',
  ]);
  const outputs = [...graph.outputs, ...bits.map((name) => ({ name, dtype: 'uint8', dims: null }) as const)];
  const ours = new GraphExecutor({ ...graph, outputs }, 1);
  const theirs = await onnxruntimeExecutor({ ...graph, outputs });
  const different = new Set<string>();
  for (const { feeds } of judged.slice(0, 20)) {
    const { dims, data: x } = feeds.input!;
    const feed = new Map([['input', { dtype: 'float32', dims, data: x as Float32Array } as const]]);
    const [mine, other] = [await ours.run(feed), await theirs(feed)];
    for (const { name } of outputs) {
      const [a, b] = [mine, other].map((values) => Buffer.from(bytesOf(values.get(name)!)));
      if (!a!.equals(b!)) different.add(name);
    }
  }
  ours.release();
  expect([...different]).toEqual([]);
});

test('the layers that are not binary become INT8, or stay as they are', async () => {
  const forms = async (options: Partial<BinarizeOptions>) => {
    const { report } = await run(vgg(), { epochs: 1, ...options });
    return report.layers.map(({ form, runs }) => `${form ?? 'kept'} ${runs}`).join(', ');
  };
  const inner = (text: string): string => new Array<string>(4).fill(text).join(', ');
  expect(await forms({})).toBe(`kept int8, ${inner('W1A1 bits')}, kept int8`);
  expect(await forms({ rest: 'float' })).toBe(`kept float, ${inner('W1A1 bits')}, kept float`);
  expect(await forms({ activationBits: 8 })).toBe(`kept int8, ${inner('W1A8 int8')}, kept int8`);
  expect(await forms({ activationBits: 32 })).toBe(`kept float, ${inner('W1A32 float')}, kept float`);
  expect(await forms({ layers: { first: 'weights', last: 'binary' }, rest: 'float' })).toBe(
    `W1A32 float, ${inner('W1A1 bits')}, W1A1 bits`,
  );
});

test('binary weights behind 8-bit activations keep one magnitude a filter', async () => {
  const { model, report } = await run(vgg(), { epochs: 1, activationBits: 8 });
  const { name } = report.layers.find(({ form }) => form === 'W1A8')!;
  const node = model.graph.nodes.find((n) => n.name === name)!;
  const dequantize = model.graph.nodes.find(({ outputs }) => outputs[0] === node.inputs[1])!;
  const values = new Set(model.graph.constants.get(dequantize.inputs[0]!)!.data as Int8Array);
  expect([...values].sort((a, b) => a - b)).toEqual([-127, 127]);
  expect(report.notes.join(' ')).toMatch(/neither smaller nor faster/);
});

describe.each(['bi-real', 'reactnet'])('shortcuts, %s', (method) => {
  test('stay real around binary convolutions', async () => {
    const source = buildNetwork('resnet-8', { ...shape, width: 0.5, seed: 3 });
    const { model, report } = await run(source, { method, epochs: 3, learningRate: 0.005, rest: 'float' });
    const adds = (graph: typeof source.graph) => graph.nodes.filter(({ op }) => op === 'Add').length;
    const shifts = method === 'reactnet' ? model.graph.nodes.filter(({ op }) => op === 'PRelu').length : 0;
    expect(adds(model.graph)).toBe(adds(source.graph) + shifts);
    // The activations between a sum and the next block, and before the pooling: RPReLU where others read them.
    expect(shifts).toBe(method === 'reactnet' ? 3 : 0);
    const small = report.layers.filter(({ why }) => why?.includes('shortcut'));
    expect(small.map(({ runs }) => runs)).toEqual(['float', 'float']);
    const inner = report.layers.filter(({ form }) => form === 'W1A1');
    expect(inner.map(({ runs }) => runs)).toEqual(new Array(6).fill('bits'));
    expect(report.accuracyAfter).toBeGreaterThan(0.7);
  });
});

describe('a trained model', () => {
  const trained = finetune(vgg(), {
    data,
    epochs: 4,
    batch: 16,
    optimizer: 'adam',
    learningRate: 0.005,
    threads: 1,
  });

  test('teaches its binary twin in two stages', async () => {
    const { model } = await trained;
    const { report } = await run(model, { epochs: 6, learningRate: 0.005, method: 'reactnet' });
    expect(report.trained).toBe(true);
    expect(report.activationStage!.epochs.length).toBe(2);
    expect(report.weightStage.epochs.length).toBe(4);
    expect(report.accuracyBefore).toBeGreaterThan(0.95);
    expect(report.accuracyAfter).toBeGreaterThan(0.9);
  });

  test("'self' is the model as it was, in both stages", async () => {
    const { model } = await trained;
    const options = { method: 'bi-real', epochs: 3 } as const;
    const [self, named] = [
      await run(model, { ...options, teacher: 'self' }),
      await run(model, { ...options, teacher: model }),
    ];
    expect(self.report.activationStage).not.toBeNull();
    expect(bytes(self.model)).toBe(bytes(named.model));
  });

  test('teaches others, with a second teacher and without any label', async () => {
    const { model } = await trained;
    const other = await finetune(buildNetwork('lenet-300-100', { ...shape, seed: 5 }), {
      ...{ data, epochs: 4, batch: 16, optimizer: 'adam', threads: 1 },
    });
    const unlabelled = data.map(({ feeds }) => ({ feeds }));
    const { report } = await run(vgg(), {
      ...{ data: unlabelled, teacher: [model, other.model], epochs: 8, learningRate: 0.005 },
    });
    expect(report).toMatchObject({ trained: false, activationStage: null });
    expect(report.accuracyAfter).toBeGreaterThan(0.9);
    await expect(run(vgg(), { teacher: model, teach: false })).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
  });

  test('keeps the layers that would suffer most', async () => {
    const { model } = await trained;
    const { report } = await run(model, { epochs: 2, layers: { keepSensitive: 2 } });
    const kept = report.layers.filter(({ why }) => why?.startsWith('alone'));
    expect(kept.length).toBe(2);
    const damages = kept.map(({ why }) => Number(/ ([\d.]+) %/.exec(why!)![1]));
    expect(Math.min(...damages)).toBeGreaterThan(0);
    expect(report.layers.filter(({ form }) => form === 'W1A1').length).toBe(2);
  });

  test('aborted in either stage and resumed, the result has the same bits', async () => {
    const { model } = await trained;
    const whole = await run(model, { epochs: 3, evaluate: undefined });
    for (const stage of [1, 2]) {
      const path = join(folder, `binarize-${stage}`);
      const end = new AbortController();
      const options = { epochs: 3, evaluate: undefined, checkpoint: { path, resume: true } };
      let stages = 0;
      const aborted = run(model, {
        ...options,
        signal: end.signal,
        onEvent: (event) => {
          if (event.event === 'start') stages++;
          if (event.event === 'step' && stages === stage && event.step === 7) end.abort();
        },
      });
      await expect(aborted).rejects.toMatchObject({ code: 'KPT_ABORTED' });
      const rest = await run(model, options);
      expect(bytes(rest.model)).toBe(bytes(whole.model));
    }
  });
});

describe('refused', () => {
  test.each([
    [{ method: 'xor-net' }, /xnor-net/],
    [{ layers: { keep: ['conv99'] } }, /no layer 'conv99'/],
    [{ layers: { only: [] } }, /No layer becomes binary/],
    [{ activationBits: 2 as 1 }, /activationBits/],
  ] as [Partial<BinarizeOptions>, RegExp][])('%j', async (options, message) => {
    await expect(run(vgg(), options)).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(message),
    });
  });

  test('samples that can be read only once', async () => {
    const once = data[Symbol.iterator]();
    await expect(run(vgg(), { data: once })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  });
});

describe('whether a model is trained', () => {
  const trainedOf = async (net: Model, lessons: typeof data): Promise<readonly boolean[]> => {
    const brief = { data: lessons, evaluate: undefined, epochs: 1, batch: 50, threads: 1 } as const;
    const { model } = await finetune(net, { data: lessons, epochs: 3, batch: 16, threads: 1 });
    const before = await run(net, brief);
    return [before.report.trained, (await run(model, brief)).report.trained];
  };
  const dense = (count: number) =>
    buildNetwork('lenet-300-100', { input: [1, side, side], classes: count, width: 0.05 });

  test('is seen with two classes', async () => {
    const two = data.filter(({ label }) => label! < 2);
    expect(await trainedOf(dense(2), two)).toEqual([false, true]);
  });

  test('is seen with samples that are sorted by class', async () => {
    const sorted = pictures(1600).toSorted((a, b) => a.label! - b.label!);
    expect(await trainedOf(dense(classes), sorted)).toEqual([false, true]);
  });
});

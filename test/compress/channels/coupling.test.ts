// Whole networks: a model without channels computes what it computes when nothing is made of these channels.
import { Model } from '../../../lib/model/model.js';
import type { Dims } from '../../../lib/tensor/shape.js';
import { buildNetwork, networks } from '../../../lib/train/networks/index.js';
import { expectSameChannels } from '../../helpers/channel-twins.js';
import { npmModels } from '../../helpers/npm-models.js';
import { sharedData } from '../../helpers/shared-data.js';

const presets = networks.filter(({ name }) => !['binary-cnn', 'sfc', 'lfc'].includes(name));
test.each(presets)('preset $name', async ({ name }) => {
  const small = name.startsWith('mobilenet') ? { input: [3, 64, 64] as const } : {};
  const { left } = await expectSameChannels(buildNetwork(name, { seed: 1, width: 0.25, ...small }));
  expect(left).toBeGreaterThan(3);
});

/** Real models and how many channels leave at least: none where all go through normalisations over rows. */
const real: readonly {
  readonly file: string;
  readonly least: number;
  readonly shapes?: Record<string, Dims>;
}[] = [
  { file: 'ch_PP-OCRv4_det_infer.onnx', least: 500, shapes: { x: [1, 3, 64, 64] } },
  { file: 'ch_PP-OCRv4_rec_infer.onnx', least: 500, shapes: { x: [1, 3, 48, 32] } },
  { file: 'ch_ppocr_mobile_v2.0_cls_infer.onnx', least: 500, shapes: { x: [1, 3, 48, 64] } },
  { file: 'alexa_v0.1.onnx', least: 10 },
  { file: 'embedding_model.onnx', least: 100 },
  { file: 'hey_jarvis_v0.1.onnx', least: 0 },
];
test.each(real)('$file', async ({ file, least, shapes = {} }) => {
  const path = npmModels.find((known) => known.endsWith(file))!;
  expect((await expectSameChannels(await Model.load(path), shapes)).left).toBeGreaterThanOrEqual(least);
});

/** Shuffles, shortcuts that pad channels with zeros, detection heads, recurrent states. */
test.each([
  ['models-vision/FastestDet.onnx', 100],
  ['models-vision/resnet20_cifar10.onnx', 100],
  ['models-vision/version-slim-320.onnx', 100],
  ['models-vision/yunet_n_320_320.onnx', 100],
  ['models-audio/model_2.onnx', 0],
])('%s', async (file, least) => {
  const path = sharedData(file);
  if (path === null) return;
  expect((await expectSameChannels(await Model.load(path))).left).toBeGreaterThanOrEqual(least);
});

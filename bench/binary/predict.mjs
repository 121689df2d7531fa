// What llvm-mca predicts for gemm_b1 on ARM cores: a whole call, 12 tiles of 4 rows by 8 columns, from the first load to the
// last stored bit, as the compiled kernel executes it. An emulator gives the addresses of the instructions of one call, a
// disassembler their text, and llvm-mca the cycles of that straight line, over and over. Branches are taken to be
// predicted: each stands there as one that goes to the next instruction.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const [rows, columns, iterations] = [48, 8, 4];

/** Cortex-A76 has no model of its own; Neoverse N1 is the same core for servers. */
const cores = [
  { core: 'Cortex-A72', model: 'cortex-a72' },
  { core: 'Cortex-A76', model: 'neoverse-n1' },
];

/** Bytes of k in one tap, and taps, of 3x3 convolutions with these channels. */
const depths = [
  { channels: 64, taps: 3, bytes: 24 },
  { channels: 128, taps: 3, bytes: 48 },
  { channels: 256, taps: 3, bytes: 96 },
  { channels: 512, taps: 3, bytes: 192 },
];

/** `classes`: every row looks up its row of limits, as with zero padding. */
const driver = ({ taps, bytes }, classes) => `
#include "native/kernels/gemm_b1/gemm_b1.h"
namespace kompakt { void GemmB1Neon(const GemmB1Block& block); }
static uint8_t a[65536], b[65536], y[${rows}];
int main() {
  using namespace kompakt;
  static int32_t rows[${rows}], classes[${rows}], table[8], taps[] = {0, ${bytes}, ${2 * bytes}};
  for (int m = 0; m < ${rows}; ++m) rows[m] = 600 * m;
  const int32_t* row_tables = ${classes ? 'classes' : 'nullptr'};
  const GemmB1Block g = {a, rows, taps, ${rows}, ${taps}, ${bytes}, b, table, row_tables, true, y, 1, ${columns}};
  GemmB1Neon(g);
  return 0;
}
`;

function output(command, args, input) {
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', input, maxBuffer: 1 << 28 });
  if (result.status === 0) return result.stdout;
  throw new Error(`${command}: ${result.error ?? result.stderr}`);
}

/** The text of every instruction that the kernel executes in one call. */
function trace(folder, depth, classes) {
  const [source, binary, log] = ['driver.cc', 'driver', 'log'].map((name) => join(folder, name));
  writeFileSync(source, driver(depth, classes));
  const kernel = 'native/kernels/gemm_b1/gemm_b1_neon.cc';
  const flags = ['-std=c++17', '-O3', '-fno-exceptions', '-ffp-contract=off', '-static', `-I${root}`];
  output('aarch64-linux-gnu-g++', [...flags, source, kernel, '-o', binary]);
  const texts = new Map();
  let inside = false;
  for (const line of output('aarch64-linux-gnu-objdump', ['-d', '--no-show-raw-insn', binary]).split('\n')) {
    const symbol = /^[0-9a-f]+ <(.+)>:$/.exec(line);
    if (symbol) inside = /kompakt/.test(symbol[1]);
    const instruction = /^\s*([0-9a-f]+):\s+(.+?)(?:\s*\/\/.*)?$/.exec(line);
    if (inside && instruction) texts.set(Number.parseInt(instruction[1], 16), instruction[2]);
  }
  const [low, high] = [Math.min(...texts.keys()), Math.max(...texts.keys()) + 4];
  const range = `0x${low.toString(16)}..0x${high.toString(16)}`;
  output('qemu-aarch64-static', [
    '-cpu',
    'cortex-a72',
    '-singlestep',
    '-d',
    'exec,nochain',
    '-dfilter',
    range,
    '-D',
    log,
    binary,
  ]);
  const executed = [...readFileSync(log, 'utf8').matchAll(/\[[0-9a-f]+\/0*([0-9a-f]+)\//g)];
  return executed
    .map(([, address]) => texts.get(Number.parseInt(address, 16)))
    .filter((text) => text !== undefined);
}

/** The text as llvm-mca can read it anywhere: without addresses of code. */
const relocated = (text) =>
  text
    .replace(/\s*<.*>$/, '')
    .replace(/\b[0-9a-f]{6,}$/, '#4')
    .replace(/^adrp(.*),.*/, 'adrp$1, #0');

function cycles(texts, model) {
  const straight = texts.filter((text) => !/^(ret|bl|br|blr)\b/.test(text)).map(relocated);
  const report = output(
    'llvm-mca-19',
    [
      '-mtriple=aarch64-linux-gnu',
      `-mcpu=${model}`,
      `-iterations=${iterations}`,
      '--instruction-info=0',
      '--resource-pressure=0',
    ],
    `${straight.join('\n')}\n`,
  );
  return Number(/Total Cycles:\s+(\d+)/.exec(report)[1]) / iterations;
}

/** Binary multiply-accumulates a cycle of whole tiles; null and why where a tool is absent. */
export function predict() {
  const tools = ['aarch64-linux-gnu-g++', 'aarch64-linux-gnu-objdump', 'qemu-aarch64-static', 'llvm-mca-19'];
  const absent = tools.filter((tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).error);
  if (absent.length > 0) return { skipped: `not installed: ${absent.join(', ')}` };
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-mca-'));
  try {
    return depths.flatMap((depth) => {
      const [common, own] = [false, true].map((classes) => trace(folder, depth, classes));
      const macs = rows * columns * 9 * depth.channels;
      return cores.map(({ core, model }) => ({
        core,
        channels: depth.channels,
        instructions: common.length,
        cycles: cycles(common, model),
        macsPerCycle: macs / cycles(common, model),
        zeroPaddedMacsPerCycle: macs / cycles(own, model),
      }));
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

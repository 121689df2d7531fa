// The shipped x86-64 binary: no inner loop of a matrix product keeps an accumulator in memory, whatever the compiler.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { multiplyLoops } from '../helpers/vector-spills.js';

const addon = join(__dirname, '../../build/Release/kompakt.node');
const why =
  process.arch !== 'x64'
    ? `the rules are for x86-64, this is ${process.arch}`
    : spawnSync('objdump', ['--version']).status !== 0
      ? 'objdump is not installed (package binutils)'
      : existsSync(addon)
        ? null
        : 'build/Release/kompakt.node is not built';
if (why !== null) console.info(`skipped: ${why}`);

const sample = (store: string): string => `
0000000000000010 <gemm_sample>:
  10:\tvpxor  %xmm0,%xmm0,%xmm0
  14:\tvfmadd231ps (%rax),%ymm1,%ymm0
  18:\t${store}
  1c:\tdec    %rcx
  20:\tjne    14 <gemm_sample+0x4>
  24:\tvmovaps %ymm0,0x20(%rsp)
`;

test('a spill is seen inside a loop and not after it', () => {
  expect(multiplyLoops(sample('vmovaps %ymm0,0x20(%rsp)'), /gemm/)[0]!.spills).toHaveLength(1);
  expect(multiplyLoops(sample('vmovaps %ymm0,0x20(%rdi)'), /gemm/)).toEqual([
    { name: 'gemm_sample', spills: [] },
  ]);
});

test('a block behind the end that jumps back is no loop', () => {
  const outOfLine = `
0000000000000010 <gemm_sample>:
  10:\tje     30 <gemm_sample+0x20>
  14:\tvfmadd231ps (%rax),%ymm1,%ymm0
  18:\tvmovaps %ymm0,0x20(%rsp)
  1c:\tret
  30:\tvpxor  %xmm0,%xmm0,%xmm0
  34:\tjmp    14 <gemm_sample+0x4>
`;
  expect(multiplyLoops(outOfLine, /gemm/)).toEqual([]);
});

(why === null ? describe : describe.skip)('the addon', () => {
  const disassembly = (): string =>
    spawnSync('objdump', ['-d', '--no-show-raw-insn', '-C', addon], { encoding: 'utf8', maxBuffer: 1 << 28 })
      .stdout;

  test('no accumulator is spilled in the loops of gemm_f32 and gemm_s8', () => {
    const loops = multiplyLoops(disassembly(), /gemm_f32_inl::ComputeTile|GemmS8Tile</);
    expect(loops.length).toBeGreaterThan(60);
    expect(loops.filter(({ spills }) => spills.length > 0)).toEqual([]);
  });
});

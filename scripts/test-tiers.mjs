// npm run test:tiers: whole models, FP32 and INT8, must give the same bytes on every tier that this CPU has, with one thread
// and with two. Each tier runs in a process of its own and must say that it is the tier in use.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

if (!process.execArgv.includes('--import')) {
  const args = ['--import', new URL('typescript.mjs', import.meta.url).href, fileURLToPath(import.meta.url)];
  process.exit(spawnSync(process.execPath, args, { stdio: 'inherit' }).status ?? 1);
}
const { dumpModels } = await import('../test/helpers/dump-models.ts');
const { differences } = await import('../test/helpers/same-bits.ts');
const { platform } = await import('../lib/run/native.ts');

const folder = mkdtempSync(join(tmpdir(), 'kompakt-tiers-'));
try {
  const models = await dumpModels(folder);
  const different = differences(models);
  for (const { name } of models) {
    const found = different.find(({ model }) => model === name);
    console.log(`${found === undefined ? 'same     ' : 'DIFFERENT'}  ${name}`);
    for (const [run, hash] of Object.entries(found?.hashes ?? {})) console.log(`    ${run} threads: ${hash}`);
  }
  console.log(`tiers: ${platform().tiers.join(', ')}, with 1 and 2 threads`);
  process.exitCode = different.length === 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

// npm run build:ts: lib/ becomes dist/. TypeScript checks and writes the declarations, file by file; esbuild writes the code as
// few files, because to open and link hundreds takes longer than to make a small session. What only some functions need
// (training, compression, benchmarks) is in files of its own, loaded by import().
import { spawnSync } from 'node:child_process';
import { chmodSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildLayers } from './layers.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const dist = join(root, 'dist');
const { dependencies, version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));

rmSync(dist, { recursive: true, force: true });
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc');
const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
  cwd: root,
  stdio: 'inherit',
});
if (status !== 0) process.exit(status ?? 1);

// onnxruntime-common is twenty files of which sessions need one class: it is taken in. All else stays a package.
const taken = { name: 'onnxruntime-common', uses: ['Tensor', 'env'] };
await buildLayers(
  {
    index: 'lib/index.ts',
    'cli/main': 'lib/cli/main.ts',
    // Started by lib/bench/fresh.ts, which looks for it beside itself: chunks lie in dist/, and so does this.
    'fresh-child': 'lib/bench/fresh-child.ts',
  },
  {
    absWorkingDir: root,
    outdir: dist,
    platform: 'node',
    target: 'node20.19',
    minify: true,
    // Node prints the line that threw what nobody caught.
    lineLimit: 120,
    sourcemap: 'linked',
    define: { bundledVersion: JSON.stringify(version) },
    external: Object.keys(dependencies).filter((name) => name !== taken.name),
    logLevel: 'warning',
  },
  { banner: { js: `// Contains ${taken.name}, copyright (c) Microsoft Corporation, MIT License.` } },
  taken,
);
chmodSync(join(dist, 'cli/main.js'), 0o755);

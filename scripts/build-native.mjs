// Builds the addon with node-gyp into build/Release, offline where Node's headers are beside the node binary.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const nodeGyp = createRequire(import.meta.url).resolve('node-gyp/bin/node-gyp.js');
const prefix = join(process.execPath, '../..');
const nodedir = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
const jobs = ['--jobs', 'max'];
const result = spawnSync(
  process.execPath,
  [nodeGyp, 'configure', 'build', ...jobs, ...nodedir, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: process.env.KOMPAKT_BUILD_VERBOSE ? 'inherit' : ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
  },
);
if (result.status !== 0) {
  process.stderr.write(`${result.stdout ?? ''}${result.stderr ?? ''}\nThe native addon did not build.\n`);
  process.exit(result.status ?? 1);
}

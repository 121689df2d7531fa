// Builds the addons that the published package carries into prebuilds/: linux-x64 or linux-arm64 of this machine, and
// linux-arm64 by cross-compiling where aarch64-linux-gnu-g++ is installed. The oldest CPU of each is enough: kernels
// of newer ones are chosen at load.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const prebuildify = createRequire(import.meta.url).resolve('prebuildify/bin.js');
const prefix = join(process.execPath, '../..');
const headers = existsSync(join(prefix, 'include/node/node_api.h')) ? { npm_config_nodedir: prefix } : {};

build(process.arch, {});
const cross = 'aarch64-linux-gnu-';
if (process.arch !== 'arm64') {
  if (spawnSync(`${cross}g++`, ['--version'], { stdio: 'ignore' }).status === 0)
    build(
      'arm64',
      { CC: `${cross}gcc`, CXX: `${cross}g++`, AR: `${cross}ar`, LINK: `${cross}g++` },
      '--strip-bin',
      `${cross}strip`,
    );
  else console.log('linux-arm64 is left out: install g++-aarch64-linux-gnu to build it too.');
}

function build(arch, environment, ...more) {
  console.log(`prebuilds/${process.platform}-${arch}`);
  const args = [prebuildify, '--napi', '--strip', '--arch', arch, ...more];
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...headers, ...environment },
  });
  if (status !== 0) process.exit(status ?? 1);
}

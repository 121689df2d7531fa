// Runs on `npm ci` and `npm install` in a checkout: checks Node and the tools, builds the addon and compiles TypeScript. Where
// a tool is missing, the first thing said is the one line that brings it; as root on a terminal it is offered to run
// it (KOMPAKT_INSTALL_DEPS=1 runs it without asking).
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const has = (path) => existsSync(join(root, path));
const runs = (tool) => spawnSync(tool, ['--version'], { stdio: 'ignore' }).status === 0;

/** What building needs: any one command of each line, and the Debian package that brings one. */
const tools = [
  { commands: [process.env.CXX, 'g++', 'clang++', 'c++'], package: 'g++' },
  { commands: [process.env.MAKE, 'make', 'gmake'], package: 'make' },
  { commands: [process.env.PYTHON, 'python3'], package: 'python3' },
];

const missing = () =>
  tools
    .filter(({ commands }) => !commands.some((command) => command !== undefined && runs(command)))
    .map((tool) => tool.package);

checkNode();
if (!has('native/addon.cc')) {
  console.log('kompakt: no native sources here; the prebuilt addon is used.');
} else {
  const packages = process.platform === 'win32' ? [] : missing();
  if (packages.length > 0) await bring(packages);
  step(
    'building the native addon (about a minute on two cores of a PC, longer on a small board)',
    process.execPath,
    ['scripts/build-native.mjs'],
  );
}
if (has('tsconfig.build.json') && resolves('typescript/package.json') && resolves('esbuild/package.json'))
  step('compiling TypeScript', process.execPath, ['scripts/build-ts.mjs']);

/** npm only warns of an older Node, as Debian 12 and Raspberry Pi OS 12 bring one. */
function checkNode() {
  const { engines } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const needed = engines.node.replace('>=', '');
  const [major, minor = 0] = needed.split('.').map(Number);
  const [ours, oursMinor] = process.versions.node.split('.').map(Number);
  if (ours > major || (ours === major && oursMinor >= minor)) return;
  console.error(
    `kompakt needs Node ${needed} or newer; this is ${process.version}. That of Debian 12 and Raspberry Pi OS 12 is older:\n` +
      'get one from https://nodejs.org/en/download (on a Raspberry Pi: Linux, ARM64), then run npm ci again.',
  );
  process.exit(1);
}

function resolves(name) {
  try {
    return createRequire(import.meta.url).resolve(name);
  } catch {
    return null;
  }
}

function step(what, command, args) {
  console.log(`kompakt: ${what}`);
  const { status } = spawnSync(command, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

/** Says the line, runs it when that is allowed, and ends the process when tools are still missing. */
async function bring(packages) {
  const install = `apt-get install -y ${packages.join(' ')}`;
  const isRoot = process.getuid?.() === 0;
  console.error(`kompakt needs ${packages.join(', ')} to build. On Debian and Raspberry Pi OS:`);
  console.error(`\n    ${isRoot ? '' : 'sudo '}${install}\n`);
  if (isRoot && runs('apt-get') && (await allowed())) {
    const apt = (...args) =>
      spawnSync('apt-get', ['-o', 'DPkg::Lock::Timeout=300', ...args], {
        stdio: 'inherit',
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0;
    if (!apt('install', '-y', '--no-install-recommends', ...packages)) {
      apt('update');
      apt('install', '-y', '--no-install-recommends', ...packages);
    }
  }
  const still = missing();
  if (still.length === 0) return;
  console.error(`Still missing: ${still.join(', ')}. Run the line above, then npm ci again.`);
  process.exit(1);
}

async function allowed() {
  if (process.env.KOMPAKT_INSTALL_DEPS === '1') return true;
  if (!process.stdin.isTTY || !process.stdout.isTTY) return false;
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  const answer = await prompt.question('Run it now? [Y/n] ');
  prompt.close();
  return /^(y|yes|)$/i.test(answer.trim());
}

// Configures, builds and runs the native tests in one build folder: shared by test-native.mjs and test-arm64.mjs.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..');

/** Exits with the apt line when one of `tools` ({command: package}) is not installed. */
export function requireTools(tools) {
  const missing = Object.entries(tools).filter(
    ([command]) => spawnSync(command, ['--version'], { stdio: 'ignore' }).error,
  );
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name).join(' ');
  process.stderr.write(
    `Missing: ${missing.map(([c]) => c).join(', ')}. Install with: apt-get install ${packages}\n`,
  );
  process.exit(1);
}

/** Runs a command in the repository root; a failure ends the script with its exit status. */
export function run(command, args, env = {}) {
  const result = spawnSync(command, args, { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

/** cmake configure and build of the tests, or of one target, into build/<name>; returns the folder. */
export function buildTests(name, options = [], target = 'all') {
  const folder = join('build', name);
  const common = ['-DKOMPAKT_ADDON=OFF', '-DKOMPAKT_TESTS=ON', '-DCMAKE_BUILD_TYPE=Debug'];
  run('cmake', ['-S', '.', '-B', folder, '-G', 'Ninja', ...common, ...options]);
  run('cmake', ['--build', folder, '--target', target]);
  return folder;
}

export const ctest = (folder, env) =>
  run('ctest', ['--test-dir', folder, '--output-on-failure', '--no-tests=error'], env);

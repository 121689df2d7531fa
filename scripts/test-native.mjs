// Builds the C++ tests with CMake and runs them. Options: --sanitize address,undefined | thread; with --addon the addon is built
// alike and run under Node (scripts/stress-addon.mjs) in the place of the tests.
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildTests, ctest, requireTools, root, run } from './cmake-tests.mjs';

const { values } = parseArgs({
  options: { sanitize: { type: 'string', default: '' }, addon: { type: 'boolean', default: false } },
});
requireTools({ cmake: 'cmake', ninja: 'ninja-build', 'c++': 'g++' });
const name = values.sanitize ? `native-tests-${values.sanitize.replaceAll(',', '-')}` : 'native-tests';
const sanitize = `-DKOMPAKT_SANITIZE=${values.sanitize}`;
if (values.addon) stressAddon(buildTests(name, [sanitize, '-DKOMPAKT_ADDON=ON'], 'kompakt'));
else ctest(buildTests(name, [sanitize]), { UBSAN_OPTIONS: 'print_stacktrace=1' });

function stressAddon(folder) {
  // Where node-gyp-build looks for the addon when KOMPAKT_PREBUILD names a folder.
  const home = join(root, folder, 'addon');
  const addon = join(home, 'build/Release/kompakt.node');
  mkdirSync(join(home, 'build/Release'), { recursive: true });
  copyFileSync(join(root, folder, 'kompakt.node'), addon);
  run(process.execPath, ['--import', './scripts/typescript.mjs', 'scripts/stress-addon.mjs', addon], {
    KOMPAKT_PREBUILD: home,
    LD_PRELOAD: [...values.sanitize.split(','), 'stdc++'].map(runtime).filter(Boolean).join(':'),
    ASAN_OPTIONS: 'detect_leaks=0:quarantine_size_mb=64',
    UBSAN_OPTIONS: 'print_stacktrace=1',
    TSAN_OPTIONS: `halt_on_error=1:suppressions=${join(root, 'scripts/thread-sanitizer.supp')}`,
  });
}

/** The library of a sanitizer, which must be loaded before Node; '' for none. */
function runtime(sanitizer) {
  const file = {
    address: 'libasan.so',
    undefined: 'libubsan.so',
    thread: 'libtsan.so',
    'stdc++': 'libstdc++.so',
  }[sanitizer];
  if (file === undefined) return '';
  return realpathSync(spawnSync('g++', [`-print-file-name=${file}`], { encoding: 'utf8' }).stdout.trim());
}

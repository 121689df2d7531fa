// Formats native/, test/native/ and bench/native/ with clang-format 19: other versions format otherwise. --check only reports,
// and passes with a note where it is not installed.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const check = process.argv.includes('--check');
const tool = ['clang-format-19', 'clang-format'].find((name) =>
  / version 19\./.test(spawnSync(name, ['--version'], { encoding: 'utf8' }).stdout ?? ''),
);
if (tool === undefined) {
  process.stderr.write(
    'clang-format 19 is not installed: C++ formatting not checked (apt-get install clang-format-19).\n',
  );
  process.exit(check ? 0 : 1);
}
const files = ['native', 'test/native', 'bench/native']
  .filter((folder) => existsSync(join(root, folder)))
  .flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true })
      .filter((name) => /\.(cc|h)$/.test(name))
      .map((name) => join(folder, name)),
  );
const mode = check ? ['--dry-run', '--Werror'] : ['-i'];
process.exit(spawnSync(tool, [...mode, ...files.sort()], { cwd: root, stdio: 'inherit' }).status ?? 1);

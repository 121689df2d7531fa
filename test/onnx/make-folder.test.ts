// Folders are made level by level; what cannot be made is refused, and nothing hangs.
import { existsSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../lib/onnx/make-folder.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-folder-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('makes what is missing, with its mode, and leaves what is there', () => {
  symlinkSync('real', join(folder, 'link'));
  makeFolder(join(folder, 'real'));
  const path = join(folder, 'link', 'a', 'b');
  for (let time = 0; time < 2; time++) makeFolder(path, 0o700);
  for (const made of ['real/a', 'real/a/b']) expect(statSync(join(folder, made)).mode & 0o777).toBe(0o700);
});

test('refuses what is below a file or a file itself', () => {
  writeFileSync(join(folder, 'file'), '');
  for (const path of ['file', 'file/a', 'file/a/b'])
    expect(() => makeFolder(join(folder, path))).toThrow(
      expect.objectContaining({
        code: 'KPT_FILE_WRITE',
        message: expect.stringContaining(path),
        cause: expect.any(Error),
      }),
    );
});

test('gives up where the system has no room for folders', () => {
  if (!existsSync('/proc/self')) return;
  for (const path of ['/proc/kompakt', '/proc/kompakt/a/b'])
    expect(() => makeFolder(path)).toThrow(expect.objectContaining({ code: 'KPT_FILE_WRITE' }));
});

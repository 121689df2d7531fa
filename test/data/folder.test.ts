// Folders of classes: what is hidden moves no label, and links are what they lead to.
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { labelledFiles } from '../../lib/data/folder.js';
import { folder } from '../helpers/data-files.js';

let made = 0;

/** A folder with an empty file for each path. */
function tree(...paths: readonly string[]): string {
  const root = join(folder, `tree${made++}`);
  for (const path of paths) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), '');
  }
  return root;
}

/** "class/file label" */
const found = async (root: string): Promise<string[]> =>
  (await labelledFiles(root, ['.wav'])).map(
    ({ path, label }) => `${basename(dirname(path))}/${basename(path)} ${label}`,
  );

test.each([
  [['bird/a.wav', 'cat/a.wav'], '.ipynb_checkpoints/a.wav'],
  [['7/a.wav', '12/a.wav'], '.cache/a.wav'],
])('a hidden folder beside %j is no class', async (paths, hidden) => {
  expect(await found(tree(...paths, hidden))).toEqual(await found(tree(...paths)));
});

test('hidden files are no samples: those that macOS writes to other volumes have the same endings', async () => {
  expect(await found(tree('cat/a.wav', 'cat/._a.wav'))).toEqual(['cat/a.wav 0']);
});

test('symbolic links to classes and to files', async () => {
  const root = tree('bird/a.wav', 'cat/a.wav', 'dog/a.wav');
  const elsewhere = tree('kept');
  renameSync(join(root, 'cat'), join(elsewhere, 'cat'));
  symlinkSync(join(elsewhere, 'cat'), join(root, 'cat'));
  renameSync(join(root, 'dog/a.wav'), join(elsewhere, 'a.wav'));
  symlinkSync(join(elsewhere, 'a.wav'), join(root, 'dog/a.wav'));
  expect(await found(root)).toEqual(['bird/a.wav 0', 'cat/a.wav 1', 'dog/a.wav 2']);
});

test('a link that leads nowhere is named: it may be a class', async () => {
  const root = tree('bird/a.wav');
  symlinkSync(join(root, 'gone'), join(root, 'cat'));
  await expect(found(root)).rejects.toMatchObject({
    code: 'KPT_FILE_NOT_FOUND',
    message: expect.stringContaining(join(root, 'cat')),
  });
});

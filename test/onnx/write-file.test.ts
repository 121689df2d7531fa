import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkWritable, saveText, writeFileAtomically } from '../../lib/onnx/write-file.js';
import { makeDevice, nullDevice, testWithDevices } from '../helpers/devices.js';

const bytes = Buffer.from('new');
let folder: string;
let at: (name: string) => string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-write-'));
  at = (name) => join(folder, name);
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a pipe gets the bytes and stays a pipe', async () => {
  execFileSync('mkfifo', [at('pipe')]);
  await checkWritable(at('pipe'));
  const reading = readFile(at('pipe'), 'utf8');
  await writeFileAtomically(at('pipe'), bytes);
  expect(await reading).toBe('new');
  expect(lstatSync(at('pipe')).isFIFO()).toBe(true);
  expect(readdirSync(folder)).toEqual(['pipe']);
});

testWithDevices('a device stays a device (where devices may be made)', async () => {
  makeDevice(at('null'), nullDevice);
  symlinkSync('null', at('link'));
  for (const name of ['null', 'link']) {
    await checkWritable(at(name));
    await writeFileAtomically(at(name), bytes);
  }
  expect(lstatSync(at('null')).isCharacterDevice()).toBe(true);
  expect(lstatSync(at('link')).isSymbolicLink()).toBe(true);
});

test('a text is written as a whole or not at all', async () => {
  await saveText(at('page'), 'größer');
  expect(readFileSync(at('page'), 'utf8')).toBe('größer');
  await expect(saveText(at('page'), undefined as never)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
  });
  await expect(saveText(at('none/page'), '')).rejects.toMatchObject({
    code: 'KPT_FILE_WRITE',
    message: `The file '${at('none/page')}' cannot be written: no such file or directory.`,
  });
  expect(readFileSync(at('page'), 'utf8')).toBe('größer');
  expect(readdirSync(folder)).toEqual(['page']);
});

test('a socket is refused', async () => {
  const server = createServer().listen(at('socket'));
  await new Promise((listening) => server.once('listening', listening));
  for (const write of [checkWritable(at('socket')), writeFileAtomically(at('socket'), bytes)])
    await expect(write).rejects.toMatchObject({
      code: 'KPT_FILE_WRITE',
      message: expect.stringContaining('it is a socket'),
    });
  await new Promise((closed) => server.close(closed));
});

test('what a link leads to is replaced, not the link', async () => {
  mkdirSync(at('real'));
  symlinkSync('real', at('folder'));
  symlinkSync('folder/net.onnx', at('second'));
  symlinkSync('second', at('first'));
  // The second time the file is there.
  for (const text of ['made', 'replaced']) {
    await checkWritable(at('first'));
    await writeFileAtomically(at('first'), Buffer.from(text));
    expect(readFileSync(at('real/net.onnx'), 'utf8')).toBe(text);
  }
  expect(readdirSync(at('real'))).toEqual(['net.onnx']);
  for (const link of ['first', 'second', 'folder']) expect(lstatSync(at(link)).isSymbolicLink()).toBe(true);
});

test('a link that leads to itself ends', async () => {
  symlinkSync('ring', at('ring'));
  await checkWritable(at('ring'));
});

test('a file that is replaced keeps its mode, and a new one has the usual', async () => {
  const umask = process.umask(0o022);
  try {
    await writeFileAtomically(at('new'), bytes);
    expect(statSync(at('new')).mode & 0o7777).toBe(0o644);
    for (const mode of [0o600, 0o660, 0o777]) {
      writeFileSync(at('old'), 'old');
      chmodSync(at('old'), mode);
      await writeFileAtomically(at('old'), bytes);
      expect(statSync(at('old')).mode & 0o7777).toBe(mode);
    }
  } finally {
    process.umask(umask);
  }
});

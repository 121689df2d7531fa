// The binary itself, as a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fullDevice, makeDevice, testWithDevices } from '../helpers/devices.js';

const root = join(__dirname, '../..');
// What loads TypeScript uses module.register(), of which new versions of Node warn.
const flags = ['--disable-warning=DEP0205', '--import', './scripts/typescript.mjs'];
const started = (...argv: string[]) =>
  spawn(process.execPath, [...flags, 'lib/cli/main.ts', ...argv], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });

test.each([
  ['text', ['--help'], 0],
  ['an error under --json', ['inspect', 'no-such.onnx', '--json'], 1],
])('nobody reads %s: it ends quietly', async (_, argv, status) => {
  const command = started(...argv);
  command.stdout.destroy();
  let err = '';
  command.stderr.on('data', (text) => {
    err += text;
  });
  const [code, signal] = await once(command, 'close');
  expect(err.replace(/^error\[KPT_FILE_NOT_FOUND\]: .+\n.+\n$/, '')).toBe('');
  expect([code, signal]).toEqual([status, null]);
});

testWithDevices(
  'a full disk behind the standard output is an error (where devices may be made)',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'kompakt-full-'));
    const device = join(folder, 'full');
    makeDevice(device, fullDevice);
    const full = openSync(device, 'w');
    rmSync(folder, { recursive: true });
    const command = spawn(process.execPath, [...flags, 'lib/cli/main.ts', '--help'], {
      cwd: root,
      stdio: ['ignore', full, 'pipe'],
    });
    closeSync(full);
    let err = '';
    command.stderr!.on('data', (text) => {
      err += text;
    });
    expect((await once(command, 'close'))[0]).toBe(1);
    expect(err).toMatch(/^error\[KPT_FILE_WRITE\]: The standard output cannot be written: ENOSPC.+\n.+\n$/);
  },
);

test('nobody reads errors: the code of exit tells', async () => {
  const command = started('inspect', 'no-such.onnx');
  command.stderr.destroy();
  expect((await once(command, 'close'))[0]).toBe(1);
});

// Devices of a test's own: only root may make them, and not in every container.
import { execFileSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Minor numbers of memory devices: /dev/null and /dev/full. */
export const [nullDevice, fullDevice] = [3, 7];

export const makeDevice = (path: string, minor: number): unknown =>
  execFileSync('mknod', ['-m', '666', path, 'c', '1', String(minor)], { stdio: 'ignore' });

function mayMakeDevices(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-device-'));
  const path = join(folder, 'null');
  try {
    makeDevice(path, nullDevice);
    // A file system may have devices that nobody can open.
    closeSync(openSync(path, 'w'));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** A test that makes devices; skipped where it may not. Its name says so. */
export const testWithDevices = mayMakeDevices() ? test : test.skip;

// Files that this process has open, of which only Linux keeps a list.
import { readdirSync, readlinkSync, realpathSync } from 'node:fs';

const onLinux = process.platform === 'linux';

export const testOnLinux = onLinux ? test : test.skip;
export const whyNotOnLinux = onLinux ? '' : ' (skipped: only Linux lists open files in /proc)';

/** How many times `path` is open. A test should ask for files of its own: what other tests of this process have left open is closed
 *  whenever the garbage collector comes by. */
export function timesOpen(path: string): number {
  const real = realpathSync(path);
  return readdirSync('/proc/self/fd').filter((descriptor) => targetOf(descriptor) === real).length;
}

/** What a descriptor stands for; undefined when it was closed meanwhile. */
function targetOf(descriptor: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${descriptor}`);
  } catch {
    return undefined;
  }
}

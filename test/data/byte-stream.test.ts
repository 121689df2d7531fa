import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { ByteStream } from '../../lib/data/byte-stream.js';
import { testOnLinux, timesOpen, whyNotOnLinux } from '../helpers/open-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-bytes-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const bytes = Buffer.alloc(300_000, 7);

describe.each([
  ['plain', 'a.bin', bytes],
  ['compressed', 'a.bin.gz', gzipSync(bytes)],
])('a %s file', (_, name, content) => {
  testOnLinux.each([
    ['before anything was read', 0],
    ['in the middle', 1000],
    ['at its end', 300_000],
  ])(`is closed %s${whyNotOnLinux}`, async (_when, count) => {
    const path = join(folder, name);
    writeFileSync(path, content);
    const stream = await ByteStream.open(path);
    if (count > 0) expect(await stream.take(count)).toHaveLength(count);
    await stream.close();
    expect(timesOpen(path)).toBe(0);
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

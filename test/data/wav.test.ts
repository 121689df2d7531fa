// WAV files of every sample format, fitted to inputs, and what is malformed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { wavBytes } from '../helpers/data-bytes.js';
import { all, folder, input } from '../helpers/data-files.js';

describe('wav', () => {
  const cases: [string, number, number, number, number[], number[]][] = [
    ['8 bit', 1, 8, 1, [0, 128, 192], [-1, 0, 0.5]],
    ['16 bit', 1, 16, 1, [0, 0x80, 0, 0x40], [-1, 0.5]],
    ['24 bit', 1, 24, 1, [0, 0, 0x80, 0, 0, 0x40], [-1, 0.5]],
    ['32 bit', 1, 32, 1, [0, 0, 0, 0xc0], [-0.5]],
    ['float', 3, 32, 1, [...Buffer.from(Float32Array.of(0.25).buffer)], [0.25]],
    ['stereo', 1, 8, 2, [0, 128, 192, 128], [-0.5, 0.25]],
  ];
  test.each(cases)('%s', async (name, kind, bits, channels, bytes, expected) => {
    const dir = join(folder, `wav ${name}`);
    mkdirSync(dir);
    writeFileSync(join(dir, '7_x.wav'), wavBytes(kind, bits, channels, Buffer.from(bytes)));
    const [sample] = await all({ data: `wav:${dir}` }, [input([null, 'n'])]);
    expect(sample).toMatchObject({
      label: 7,
      feeds: { x: { dims: [1, expected.length], values: expected } },
    });
  });

  test('fixed lengths cut or pad; sub-folders are classes', async () => {
    const dir = join(folder, 'words');
    for (const word of ['yes', 'no']) mkdirSync(join(dir, word), { recursive: true });
    writeFileSync(join(dir, 'yes', 'a.wav'), wavBytes(1, 8, 1, Buffer.from([192, 192, 192, 192])));
    writeFileSync(join(dir, 'no', 'a.wav'), wavBytes(1, 8, 1, Buffer.from([192])));
    const samples = await all({ data: `wav:${dir}` }, [input([1, 3])]);
    expect(samples.map((s) => [s.label, s.feeds.x!.values])).toEqual([
      [0, [0.5, 0, 0]],
      [1, [0.5, 0.5, 0.5]],
    ]);
  });

  test.each([[[1, 3, 8, 8]], [[1, 49, 10]], [[null, 3, null]]])(
    'an input of %j takes no sound',
    async (dims) => {
      const dir = join(folder, `sound ${dims}`);
      mkdirSync(dir);
      writeFileSync(join(dir, 'a.wav'), wavBytes(1, 8, 1, Buffer.from(new Array(192).fill(9))));
      const message = expect.stringContaining(
        "one dimension besides the batch and those of 1 for the sound of sample '",
      );
      await expect(all({ data: `wav:${dir}` }, [input(dims)])).rejects.toMatchObject({
        code: 'KPT_SHAPE_MISMATCH',
        message,
      });
    },
  );

  test.each([[[1, 1, 3]], [[null, 3, 1]], [[3]], [[1, 1, null]]])('one of %j does', async (dims) => {
    const dir = join(folder, `room ${dims}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.wav'), wavBytes(1, 8, 1, Buffer.from([192, 192, 192])));
    const [sample] = await all({ data: `wav:${dir}` }, [input(dims)]);
    expect(sample!.feeds.x!.values).toEqual([0.5, 0.5, 0.5]);
  });

  test.each([
    ['no RIFF', Buffer.from('hello')],
    ['no data', wavBytes(1, 16, 1, Buffer.alloc(2)).subarray(0, 36)],
    ['no samples', wavBytes(1, 16, 1, Buffer.alloc(0))],
    ['less than one', wavBytes(1, 16, 2, Buffer.alloc(3))],
    ['12 bits', wavBytes(1, 12, 1, Buffer.alloc(2))],
    ['no channels', wavBytes(1, 16, 0, Buffer.alloc(2))],
  ])('%s is malformed', async (name, bytes) => {
    const dir = join(folder, `bad wav ${name}`);
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.wav'), bytes);
    await expect(all({ data: `wav:${dir}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });
});

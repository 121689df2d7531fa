// Folders of pictures, where the optional package sharp is installed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { all, folder, input } from '../helpers/data-files.js';
import { sharedData } from '../helpers/shared-data.js';

function hasSharp(): boolean {
  try {
    require.resolve('sharp');
    return true;
  } catch {
    return false;
  }
}

describe('images', () => {
  const sharp = hasSharp();
  const photos = sharedData('imagenet200');

  const skipped = (why: string | false): string => (why === false ? '' : ` (skipped: ${why})`);
  const noSharp = !sharp && 'sharp is not installed';

  (sharp ? test.skip : test)(
    `without sharp the package to install is named${skipped(sharp && 'sharp is installed')}`,
    async () => {
      await expect(all({ data: `images:${folder}` }, [input(null)])).rejects.toMatchObject({
        code: 'KPT_PEER_MISSING',
      });
    },
  );

  (sharp && photos ? test : test.skip)(
    `photos are stretched to the input, labels lead the file name${skipped(noSharp || (!photos && 'no shared data'))}`,
    async () => {
      const samples = await all({ data: `images:${photos}`, samples: 3, preprocess: { scale: 1 / 255 } }, [
        input([1, 3, 8, 6]),
      ]);
      expect(samples.map((s) => s.label)).toEqual([135, 570, 665]);
      for (const { feeds } of samples) {
        expect(feeds.x!.dims).toEqual([1, 3, 8, 6]);
        expect(Math.max(...feeds.x!.values)).toBeLessThanOrEqual(1);
        expect(new Set(feeds.x!.values).size).toBeGreaterThan(50);
      }
    },
  );

  (sharp ? test : test.skip)(
    `pictures are turned as their EXIF orientation says${skipped(noSharp)}`,
    async () => {
      const dir = join(folder, 'turned');
      mkdirSync(dir);
      // Left half white, right half black; 6 says that the left edge is the top one.
      const pixels = Buffer.from(Array.from({ length: 32 * 64 * 3 }, (_, i) => (i % 192 < 96 ? 255 : 0)));
      await require('sharp')(pixels, { raw: { width: 64, height: 32, channels: 3 } })
        .withMetadata({ orientation: 6 })
        .jpeg()
        .toFile(join(dir, 'a.jpg'));
      const [sample] = await all({ data: `images:${dir}` }, [input([1, 3, 4, 2])]);
      const bright = sample!.feeds.x!.values.slice(0, 8).map((v: number) => Math.round(v / 255));
      expect(bright).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
    },
  );

  (sharp ? test : test.skip)(`a file that is no picture is malformed${skipped(noSharp)}`, async () => {
    const dir = join(folder, 'picture folder');
    mkdirSync(dir);
    writeFileSync(join(dir, 'a.png'), 'hello');
    await expect(all({ data: `images:${dir}` }, [input(null)])).rejects.toMatchObject({
      code: 'KPT_DATA_MALFORMED',
    });
  });
});

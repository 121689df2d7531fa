// A folder of JPEG or PNG pictures as RGB bytes [H,W,3], decoded by the optional package sharp and turned
// as their EXIF orientation says.
import { loadPeer } from '../run/peers.js';
import { tensor } from '../tensor/tensor.js';
import { type Dataset, dataset, malformedData } from './dataset.js';
import { wantedOf } from './draw.js';
import { labelledFiles } from './folder.js';

/** The part of sharp that is used here. */
interface Picture {
  /** Without an angle: as its EXIF orientation says. */
  rotate(): Picture;
  removeAlpha(): Picture;
  toColourspace(space: string): Picture;
  resize(options: { width: number; height: number; fit: 'fill' }): Picture;
  raw(): Picture;
  toBuffer(options: { resolveWithObject: true }): Promise<{
    data: Uint8Array;
    info: { width: number; height: number; channels: number };
  }>;
}
type Sharp = (path: string) => Picture;

export const pictureExtensions = ['.jpg', '.jpeg', '.png'];

/** `size` is [height, width]: pictures are stretched to it. */
export const images = (folder: string, size?: readonly [number, number]): Dataset =>
  dataset(async function* (most) {
    const sharp = loadSharp();
    const files = await labelledFiles(folder, pictureExtensions);
    const wanted = wantedOf(files.length, most);
    for (const { path, label } of files.filter((_, i) => wanted.has(i))) {
      const { data, info } = await decode(sharp, path, size).catch((error) =>
        malformedData(`The picture '${path}' cannot be decoded.`, error),
      );
      const dims = [info.height, info.width, info.channels];
      yield { name: path, label, layout: 'HWC', arrays: { '': tensor('uint8', dims, new Uint8Array(data)) } };
    }
  });

function decode(sharp: Sharp, path: string, size: readonly [number, number] | undefined) {
  const picture = sharp(path).rotate().removeAlpha().toColourspace('srgb');
  const sized = size ? picture.resize({ height: size[0], width: size[1], fit: 'fill' }) : picture;
  return sized.raw().toBuffer({ resolveWithObject: true });
}

const loadSharp = (): Sharp =>
  loadPeer('sharp', 'Reading pictures needs the package sharp: npm install sharp').module as Sharp;

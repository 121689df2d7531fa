// Pictures that a small network tells apart at once: a bright row in noise; which row is the class.
import { writeFileSync } from 'node:fs';
import { Tensor } from 'onnxruntime-common';
import { randomFor } from '../../lib/train/seeds.js';
import type { Lesson } from '../../lib/train/train-model.js';

export const side = 8;
export const classes = 4;

/** `noise`: how bright it is; rows have 1. */
export function pictures(count: number, seed = 1, noise = 0.6): Lesson[] {
  const random = randomFor(seed, 'weights');
  return Array.from({ length: count }, (_, i) => {
    const label = i % classes;
    const values = Float32Array.from(
      { length: side * side },
      (_, at) => Number(Math.floor(at / side / 2) === label && at % 2 === 0) + noise * random(),
    );
    return { label, feeds: { input: new Tensor('float32', values, [1, 1, side, side]) } };
  });
}

/** The same without labels. */
export const unlabelled = (lessons: readonly Lesson[]): Lesson[] => lessons.map(({ feeds }) => ({ feeds }));

/** The pictures as IDX files, bytes of 0 to 255; what --data takes. */
export function pictureFiles(prefix: string, count: number, seed: number): string {
  const lessons = pictures(count, seed);
  const header = (...words: number[]): Buffer => {
    const bytes = Buffer.from([0, 0, 8, words.length, ...new Array<number>(4 * words.length).fill(0)]);
    words.forEach((word, i) => {
      bytes.writeUInt32BE(word, 4 + 4 * i);
    });
    return bytes;
  };
  const pixels = lessons.map(({ feeds }) =>
    Uint8Array.from(feeds.input!.data as Float32Array, (v) => Math.min(255, 150 * v)),
  );
  writeFileSync(`${prefix}-images`, Buffer.concat([header(count, side, side), ...pixels]));
  writeFileSync(
    `${prefix}-labels`,
    Buffer.concat([header(count), Buffer.from(lessons.map(({ label }) => label!))]),
  );
  return `idx:${prefix}-images,${prefix}-labels`;
}

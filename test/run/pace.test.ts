// Short runs stay on the JavaScript thread, and leave it to others often enough.
import { Tensor } from 'onnxruntime-common';
import { Model } from '../../lib/model/model.js';
import { Pace, turnOfOthers } from '../../lib/run/pace.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { onnxFile, ramp } from '../helpers/onnx-file.js';

const ms = (duration: number): void => {
  const end = performance.now() + duration;
  while (performance.now() < end);
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a plan is tried here when its round trips are short, and stays when its runs are', () => {
  const pace = new Pace();
  expect(pace.isShort()).toBe(false);
  pace.returned(performance.now() - 2);
  expect(pace.isShort()).toBe(false);
  pace.returned(performance.now() - 0.1);
  for (let trial = 0; trial < 3; trial++) {
    expect(pace.isShort()).toBe(true);
    pace.ran(performance.now() - 1);
  }
  expect(pace.isShort()).toBe(false);
  pace.ran(performance.now());
  expect(pace.isShort()).toBe(true);
});

test('other work of the thread gets its turn', async () => {
  await turn();
  expect(turnOfOthers()).toBeUndefined();
  expect(turnOfOthers()).toBeUndefined();
  ms(6);
  let done = false;
  setImmediate(() => {
    done = true;
  });
  await turnOfOthers();
  expect(done).toBe(true);
  expect(turnOfOthers()).toBeUndefined();
  await turn();
});

test('many short runs, one after the other: right, and timers fire', async () => {
  const x = ramp('float32', [1, 16]);
  const bytes = onnxFile({
    opset: 18,
    inputs: { x },
    constants: { c: f32([1], [0.5]) },
    nodes: [{ op: 'Mul', inputs: ['x', 'c'], outputs: ['y'] }],
    outputs: { y: 'float32' },
  });
  const session = InferenceSession.fromModel(Model.loadSync(bytes), { intraOpNumThreads: 1 });
  const feeds = { x: new Tensor('float32', x.data as Float32Array, x.dims) };
  const expected = session.runSync(feeds).y!.data;
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  const end = performance.now() + 200;
  let runs = 0;
  for (; performance.now() < end; runs++) expect((await session.run(feeds)).y!.data).toEqual(expected);
  clearInterval(timer);
  expect(runs).toBeGreaterThan(10);
  expect(ticks).toBeGreaterThan(3);
  await session.release();
});

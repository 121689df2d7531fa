// Short runs stay on the JavaScript thread, and leave it to others often enough.
import { Tensor } from 'onnxruntime-common';
import { Model } from '../../lib/model/model.js';
import { Pace, turnOfOthers } from '../../lib/run/pace.js';
import { InferenceSession } from '../../lib/session/session.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { onnxFile, ramp } from '../helpers/onnx-file.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a plan is tried here when its round trips are short, and stays when its runs are', () => {
  const pace = new Pace();
  expect(pace.isShort()).toBe(false);
  pace.returned(2);
  expect(pace.isShort()).toBe(false);
  pace.returned(0.1);
  for (let trial = 0; trial < 3; trial++) {
    expect(pace.isShort()).toBe(true);
    pace.ran(1);
  }
  expect(pace.isShort()).toBe(false);
  pace.ran(0.4);
  expect(pace.isShort()).toBe(true);
});

test('other work of the thread gets its turn', async () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(1000);
  await turn();
  expect(turnOfOthers()).toBeUndefined();
  clock.mockReturnValue(1003);
  expect(turnOfOthers()).toBeUndefined();
  clock.mockReturnValue(1005);
  let done = false;
  setImmediate(() => {
    done = true;
  });
  await turnOfOthers();
  expect(done).toBe(true);
  expect(turnOfOthers()).toBeUndefined();
  await turn();
  clock.mockRestore();
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
  // Without turns of the event loop the timer would never fire, and this never end.
  for (let runs = 0; runs <= 100 || ticks <= 3; runs++)
    expect((await session.run(feeds)).y!.data).toEqual(expected);
  clearInterval(timer);
  await session.release();
});

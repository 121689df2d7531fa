import { kompakt } from '../../helpers/kompakt.js';
import { ask, digitRequest, lenet, post, testFolder } from '../../helpers/serving.js';

const files = testFolder();
afterAll(() => files.remove());

test('serves until a signal ends it, and reads the file again when told', async () => {
  const file = files.path('digits.onnx');
  await lenet(1).save(file);
  const { code, out, err } = await kompakt('serve', `d=${file}`, '--port', '0', '--json');
  expect([code, err]).toEqual([0, '']);
  expect(out.trimEnd()).not.toContain('\n');
  const { url, pid, models } = JSON.parse(out);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect([pid, models[0].name]).toEqual([process.pid, 'd']);
  const before = await post(`${url}/v1/models/d/infer`, digitRequest(0));
  expect(before.status).toBe(200);
  await lenet(2).save(file);
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  process.emit('SIGHUP');
  while (told.mock.calls.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
  told.mockRestore();
  const after = await post(`${url}/v1/models/d/infer`, digitRequest(0));
  expect(after.body.outputs).not.toEqual(before.body.outputs);
  process.emit('SIGTERM');
  for (let live = true; live; )
    live = await ask(`${url}/health`).then(
      () => true,
      () => false,
    );
  while (process.listenerCount('SIGHUP') > 0) await new Promise((resolve) => setTimeout(resolve, 5));
});

test('bad usage', async () => {
  expect((await kompakt('serve')).code).toBe(2);
  expect((await kompakt('serve', 'm.onnx', '--policy', 'hope')).code).toBe(2);
  expect((await kompakt('serve', 'no-such.onnx', '--port', '0')).err).toContain('error[KPT_FILE_NOT_FOUND]');
});

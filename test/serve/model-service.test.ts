// What is known of a model whose file was read again.
import { ask, digitRequest, lenet, post, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
const file = files.path('digits.onnx');
beforeAll(() => lenet(1).save(file));
afterAll(() => files.remove());

test('requests are counted from the start, whatever was read again meanwhile', async () => {
  const server = await startServer({ models: [file] });
  const path = `${server.url}/v1/models/digits`;
  const waiting = Array.from({ length: 4 }, (_, i) => post(`${path}/infer`, digitRequest(i)));
  // Beside requests under way, and after them.
  await server.reload();
  expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  await server.reload();
  await post(`${path}/infer`, digitRequest(5));
  const { body } = await ask(`${path}/statistics`);
  expect(body).toMatchObject({
    completed: 5,
    requests: { submitted: 5, completed: 5, failed: 0, waiting: 0, running: 0 },
  });
  await server.close();
});

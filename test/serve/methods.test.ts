import type { Server } from '../../lib/serve/serve.js';
import { lenet, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
let server: Server;
beforeAll(async () => {
  await lenet(1).save(files.path('digits.onnx'));
  server = await startServer({ models: [files.path('digits.onnx')], bodyLimit: 10 });
});
afterAll(async () => {
  await server.close();
  files.remove();
});

test.each([
  ['GET', '/v1/models/digits/infer', 'POST'],
  ['DELETE', '/v2/models/digits', 'GET, HEAD, PUT'],
  ['POST', '/metrics', 'GET, HEAD'],
  ['OPTIONS', '/v2', 'GET, HEAD'],
])('%s %s is refused', async (method, path, allow) => {
  const answer = await fetch(server.url + path, { method });
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, allow]);
  expect(await answer.json()).toMatchObject({
    code: 'KPT_METHOD_NOT_ALLOWED',
    error: `${path} takes ${allow}, not ${method}.`,
  });
});

test('the body is not read for that, and what is at no path stays unknown', async () => {
  const send = (path: string): Promise<Response> =>
    fetch(server.url + path, { method: 'POST', body: 'x'.repeat(100) });
  expect((await send('/metrics')).status).toBe(405);
  expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
});

// What clients of the Open Inference Protocol ask for, over real HTTP.
import { connect } from 'node:net';
import { deflateSync, gzipSync } from 'node:zlib';
import type { Server } from '../../lib/serve/serve.js';
import { type Answer, ask, digitRequest, lenet, post, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
const bodyLimit = 100_000;
let server: Server;
let model: string;
let plain: Answer;

beforeAll(async () => {
  await lenet(1).save(files.path('digits.onnx'));
  server = await startServer({ models: [files.path('digits.onnx')], bodyLimit });
  model = `${server.url}/v2/models/digits`;
  plain = await post(`${model}/infer`, digitRequest(1));
});
afterAll(async () => {
  await server.close();
  files.remove();
});

test('the server and the version of a model can be asked for', async () => {
  expect(await ask(`${server.url}/v2`)).toEqual({
    status: 200,
    body: { name: 'kompakt', version: expect.stringMatching(/^\d/), extensions: ['binary_tensor_data'] },
  });
  const page = await ask(model);
  expect(page.body.versions).toEqual(['1']);
  expect(await ask(`${model}/versions/1`)).toEqual(page);
  expect(await ask(`${model}/versions/1/ready`)).toMatchObject({ status: 200, body: { ready: true } });
  expect(await post(`${model}/versions/1/infer`, digitRequest(1))).toEqual(plain);
  for (const path of ['', '/ready'])
    expect(await ask(`${model}/versions/2${path}`)).toMatchObject({
      status: 404,
      body: { code: 'KPT_MODEL_UNKNOWN', error: expect.stringContaining('version 1') },
    });
  expect((await post(`${model}/versions/2/infer`, digitRequest(1))).status).toBe(404);
});

test('null stands for what is not there, and no outputs for all', async () => {
  const absent = { id: null, parameters: null, outputs: null };
  expect(await post(`${model}/infer`, digitRequest(1, absent))).toEqual(plain);
  expect(await post(`${model}/infer`, digitRequest(1, { outputs: [] }))).toEqual(plain);
});

test.each([
  ['gzip', gzipSync],
  ['deflate', deflateSync],
])('a body compressed by %s', async (encoding, compress) => {
  const headers = { 'content-encoding': encoding };
  const send = (text: string) => post(`${model}/infer`, compress(text), headers);
  expect(await send(digitRequest(1))).toEqual(plain);
  expect(await send(' '.repeat(bodyLimit + 1))).toMatchObject({
    status: 413,
    body: { code: 'KPT_BODY_TOO_LARGE' },
  });
  expect(await post(`${model}/infer`, digitRequest(1), headers)).toMatchObject({
    status: 400,
    body: { code: 'KPT_REQUEST_MALFORMED', error: expect.stringContaining(encoding) },
  });
});

test('a body compressed by what is not read is refused', async () => {
  const answer = await post(`${model}/infer`, digitRequest(1), { 'content-encoding': 'br' });
  expect(answer).toMatchObject({ status: 415, body: { code: 'KPT_ENCODING_UNKNOWN' } });
});

test('the metrics of the process are there, in every server', async () => {
  const other = await startServer({ models: [files.path('digits.onnx')] });
  for (const { url } of [server, other]) {
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(Number(/^process_cpu_seconds_total (\S+)/m.exec(text)![1])).toBeGreaterThan(0);
    expect(text).toContain('nodejs_eventloop_lag_seconds');
  }
  await other.close();
});

test.each([
  ['in its head', ''],
  ['in its body', '\r\nContent-Length: 1000\r\n\r\n{'],
])(
  'a request that stops %s is cut off in its time and gives its place back',
  async (_, rest) => {
    const late = await startServer({
      models: [files.path('digits.onnx')],
      maxRequests: 1,
      requestTimeoutMs: 300,
    });
    const { hostname, port } = new URL(late.url);
    const socket = connect(Number(port), hostname);
    const start = performance.now();
    socket.write(`POST /v2/models/digits/infer HTTP/1.1\r\nHost: x${rest}`);
    let said = '';
    socket.on('data', (piece) => {
      said += piece;
    });
    await new Promise((closed) => socket.once('close', closed));
    expect(said).toMatch(/^HTTP\/1\.1 408 /);
    expect(performance.now() - start).toBeLessThan(5000);
    expect(await post(`${late.url}/v2/models/digits/infer`, digitRequest(1))).toEqual(plain);
    await late.close();
  },
  10_000,
);

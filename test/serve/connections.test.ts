// Connections that do not do what HTTP asks of them, or nothing at all.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import type { Server } from '../../lib/serve/serve.js';
import { ask, digitRequest, lenet, post, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
const file = files.path('digits.onnx');
beforeAll(() => lenet(1).save(file));
afterAll(() => files.remove());

/** A connection on which this much was said. */
async function connected({ url }: Server, ...said: (string | Uint8Array)[]): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  for (const part of said) socket.write(part);
  return socket;
}

/** All that is answered until the connection is closed. */
async function answered(server: Server, text: string): Promise<string> {
  const socket = await connected(server, text);
  let answer = '';
  socket.on('data', (part) => {
    answer += part;
  });
  await once(socket, 'close');
  return answer;
}

describe('what cannot be read as a request', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startServer({ models: [file], requestTimeoutMs: 500 });
  });
  afterAll(() => server.close());
  const close = 'Connection: close\r\n';

  test.each([
    [400, 'none', 'a method that is none', 'FOO / HTTP/1.1\r\nHost: x\r\n\r\n'],
    [400, 'none', 'a path that is none', `GET /%zz HTTP/1.1\r\nHost: x\r\n${close}\r\n`],
    [431, 'none', 'too large a head', `GET / HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`],
    [408, 'none', 'half a head', 'GET /health HT'],
    [
      408,
      '/v1/models/:name/infer',
      'half a body',
      `POST /v1/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{`,
    ],
    [400, '/health', 'no Host', `GET /health HTTP/1.1\r\n${close}\r\n`],
    [400, '/health', 'an expectation', `GET /health HTTP/1.1\r\nHost: x\r\nExpect: tea\r\n${close}\r\n`],
  ])('%d at %s: %s is refused in the form of all errors, and counted', async (status, route, _, text) => {
    const counted = async (): Promise<number> => {
      const metrics = await (await fetch(`${server.url}/metrics`)).text();
      const line = metrics
        .split('\n')
        .find((one) => one.startsWith(`kompakt_http_requests_total{route="${route}",status="${status}"}`));
      return Number(line?.split(' ')[1] ?? 0);
    };
    const before = await counted();
    const answer = await answered(server, text);
    expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    const [head, body] = answer.split('\r\n\r\n');
    expect(head).toMatch(/\r\nContent-Type: application\/json/i);
    expect(JSON.parse(body!)).toEqual({
      error: expect.any(String),
      code: 'KPT_REQUEST_MALFORMED',
      remedy: expect.any(String),
    });
    expect((await counted()) - before).toBe(1);
  });

  test('a client that was too slow did not hang up', async () => {
    const { body } = await ask(`${server.url}/v1/models/digits/statistics`);
    expect(body.errors).toEqual({ KPT_REQUEST_MALFORMED: 1 });
  });

  test('what is right is answered as before', async () => {
    expect(await answered(server, `GET /health HTTP/1.0\r\n\r\n`)).toMatch(/^HTTP\/1\.1 200 /);
    const url = `${server.url}/v1/models/digits/infer`;
    expect(await post(url, digitRequest(1))).toMatchObject({ status: 200 });
  });
});

test('a client that does not take its answer gives its place back', async () => {
  const g = new GraphBuilder('copy');
  g.output(g.node('Neg', [g.input('x', 'float32', ['n'])])[0]!, 'float32', ['n']);
  await new Model(g.build()).save(files.path('copy.onnx'));
  const server = await startServer({
    models: [files.path('copy.onnx')],
    maxRequests: 1,
    requestTimeoutMs: 3000,
  });
  const url = `${server.url}/v1/models/copy/infer`;
  // More than the system takes for a client that does not read.
  const size = 6e6;
  const head = JSON.stringify({
    inputs: [{ name: 'x', shape: [size], datatype: 'FP32', parameters: { binary_data_size: 4 * size } }],
    parameters: { binary_data_output: true },
  });
  const stalled = await connected(
    server,
    'POST /v1/models/copy/infer HTTP/1.1\r\nHost: x\r\n',
    `Inference-Header-Content-Length: ${head.length}\r\nContent-Length: ${head.length + 4 * size}\r\n\r\n${head}`,
    Buffer.alloc(4 * size),
  );
  stalled.pause();
  const small = JSON.stringify({ inputs: [{ name: 'x', shape: [1], datatype: 'FP32', data: [1] }] });
  const asked = async (): Promise<number> => (await post(url, small)).status;
  /** Asks until it is so, and not for ever. */
  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    for (let i = 0; i < 300 && !(await isSo()); i++) await new Promise((resolve) => setTimeout(resolve, 50));
  };
  await until(async () => (await ask(`${server.url}/v1/models/copy/statistics`)).body.completed === 1);
  expect(await asked()).toBe(429);
  await until(async () => (await asked()) !== 429);
  expect(await asked()).toBe(200);
  stalled.destroy();
  await server.close();
}, 40_000);

test.each([
  ['nothing said', ''],
  ['half a head', 'GET /hea'],
  ['an answered request', 'GET /health HTTP/1.1\r\nHost: x\r\n\r\n'],
])('the end does not wait for a connection with %s', async (_, said) => {
  const server = await startServer({ models: [file], shutdownMs: 1e10 });
  const socket = await connected(server, said);
  if (said.endsWith('\n')) await once(socket, 'data');
  // What came later has been answered: the server knows the first one.
  await ask(`${server.url}/health`);
  // It waits for shutdownMs otherwise: longer than a test may last.
  await server.close();
  socket.destroy();
});

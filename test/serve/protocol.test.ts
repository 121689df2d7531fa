// Hostile and faulty requests over real HTTP: each is refused with a code, and the server goes on.
import { connect } from 'node:net';
import type { Server } from '../../lib/serve/serve.js';
import { ask, digitInput, digitRequest, lenet, post, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
let server: Server;
let infer: string;

beforeAll(async () => {
  await lenet(1).save(files.path('digits.onnx'));
  server = await startServer({ models: [files.path('digits.onnx')], bodyLimit: 200_000 });
  infer = `${server.url}/v1/models/digits/infer`;
});
afterAll(async () => {
  await server.close();
  files.remove();
});

const shape = [1, 1, 28, 28];
const data = new Array(784).fill(0.5);
const input = (more: object = {}): object => ({ name: digitInput, shape, datatype: 'FP32', data, ...more });
const output = { name: lenet(1).graph.outputs[0]!.name };
const body = (...inputs: object[]): string => JSON.stringify({ inputs });
const sized = { data: undefined, parameters: { binary_data_size: 3136 } };

test.each<[string, string, number, string]>([
  ['no JSON', '{', 400, 'KPT_REQUEST_MALFORMED'],
  ['nothing', '', 400, 'KPT_REQUEST_MALFORMED'],
  ['an array', '[]', 400, 'KPT_REQUEST_MALFORMED'],
  ['null', 'null', 400, 'KPT_REQUEST_MALFORMED'],
  ['no UTF-8', '\u{d800}', 400, 'KPT_REQUEST_MALFORMED'],
  ['arrays in arrays', `{"inputs":${'['.repeat(50_000)}${']'.repeat(50_000)}}`, 400, 'KPT_REQUEST_MALFORMED'],
  ['no inputs', '{"inputs":[]}', 400, 'KPT_INPUT_MISSING'],
  ['an unknown input', body(input(), input({ name: 'y' })), 400, 'KPT_INPUT_UNKNOWN'],
  ['a name of every object', body(input({ name: '__proto__' })), 400, 'KPT_INPUT_UNKNOWN'],
  ['an input twice', body(input(), input()), 400, 'KPT_REQUEST_MALFORMED'],
  ['another type', body(input({ datatype: 'INT8' })), 400, 'KPT_TYPE_MISMATCH'],
  ['a type that is none', body(input({ datatype: 'FP31' })), 400, 'KPT_TYPE_MISMATCH'],
  ['another rank', body(input({ shape: [784] })), 400, 'KPT_SHAPE_MISMATCH'],
  ['another size', body(input({ shape: [1, 1, 28, 29] })), 400, 'KPT_SHAPE_MISMATCH'],
  ['too few elements', body(input({ data: data.slice(1) })), 400, 'KPT_SHAPE_MISMATCH'],
  ['too many elements', body(input({ data: [...data, 1] })), 400, 'KPT_SHAPE_MISMATCH'],
  ['a huge batch', body(input({ shape: [1e9, 1, 28, 28] })), 400, 'KPT_SHAPE_MISMATCH'],
  ['a negative size', body(input({ shape: [-1, 1, 28, 28] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['half a size', body(input({ shape: [0.5, 1, 28, 28] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['words', body(input({ data: [...data.slice(1), 'one'] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['null as a number', body(input({ data: [...data.slice(1), null] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['infinity', body(input()).replace('0.5', '1e999'), 400, 'KPT_REQUEST_MALFORMED'],
  ['beyond float32', body(input({ data: [...data.slice(1), 1e39] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['deeper than the shape', body(input({ data: [[[[[data]]]]] })), 400, 'KPT_REQUEST_MALFORMED'],
  ['no data', body(input({ data: undefined })), 400, 'KPT_REQUEST_MALFORMED'],
  ['bytes that are not there', body(input(sized)), 400, 'KPT_REQUEST_MALFORMED'],
  ['an unknown output', digitRequest(0, { outputs: [{ name: 'z' }] }), 400, 'KPT_INPUT_UNKNOWN'],
  ['an output twice', digitRequest(0, { outputs: [output, output] }), 400, 'KPT_REQUEST_MALFORMED'],
  [
    'a deadline before now',
    digitRequest(0, { parameters: { deadline_ms: -1 } }),
    400,
    'KPT_REQUEST_MALFORMED',
  ],
  ['too large', ' '.repeat(200_001), 413, 'KPT_BODY_TOO_LARGE'],
])('%s', async (_, text, status, code) => {
  expect(await post(infer, text)).toMatchObject({
    status,
    body: { code, error: expect.stringMatching(/.{10}/), remedy: expect.any(String) },
  });
});

test.each([
  ['0'.repeat(10), 400],
  ['-1', 400],
  ['1e9', 400],
  ['nonsense', 400],
  [String(body(input()).length - 1), 400],
])('a length of the header that is wrong: %s', async (length, status) => {
  const answer = await post(infer, body(input()), { 'inference-header-content-length': length });
  expect(answer).toMatchObject({ status, body: { code: 'KPT_REQUEST_MALFORMED' } });
});

test('more bytes than the inputs claim, and fewer', async () => {
  const head = body(input(sized));
  const send = (bytes: number) =>
    post(infer, Buffer.concat([Buffer.from(head), Buffer.alloc(bytes)]), {
      'inference-header-content-length': String(head.length),
    });
  expect((await send(3136)).status).toBe(200);
  for (const bytes of [3135, 3137, 0]) expect((await send(bytes)).body.code).toBe('KPT_REQUEST_MALFORMED');
});

test('a path, a model, a method that are not there', async () => {
  for (const path of ['/nope', '/v1/models/none', `/v1/models/${'x'.repeat(300)}`, '/v1/models/%2e%2e%2fetc'])
    expect(await ask(server.url + path)).toMatchObject({ status: 404, body: { code: 'KPT_MODEL_UNKNOWN' } });
  expect(await ask(`${server.url}/v1/models/%zz`)).toMatchObject({
    status: 400,
    body: { code: 'KPT_REQUEST_MALFORMED' },
  });
  expect((await post(`${server.url}/v1/models/none/infer`, '{}')).status).toBe(404);
  expect((await ask(`${server.url}/v1/models/digits/infer`)).status).toBe(405);
});

test('what is no HTTP does not end the server', async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () =>
      socket.write('\0\x01nonsense\r\n\r\n'),
    );
    socket.on('error', () => {});
    socket.on('close', () => resolve());
    socket.resume();
  });
  await new Promise<void>((resolve) => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1', () => {
      socket.write(
        'POST /v1/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\n{"inputs"',
      );
      setTimeout(() => socket.destroy(), 20);
    });
    socket.on('close', () => resolve());
  });
  expect((await post(infer, digitRequest(1))).status).toBe(200);
});

test('what finds the queue full is refused before it is read', async () => {
  // The first request waits for company, in the only place.
  const waiting = { queue: 1, bodyLimit: 30_000, maxBatch: 4, maxWaitMs: 600_000 };
  const full = await startServer({ models: [files.path('digits.onnx')], ...waiting });
  const url = `${full.url}/v1/models/digits`;
  const gone = new AbortController();
  const first = ask(`${url}/infer`, { method: 'POST', body: digitRequest(0), signal: gone.signal });
  const places = async () => ((await ask(`${url}/statistics`)).body.requests as { waiting: number }).waiting;
  while ((await places()) === 0);
  expect(await post(`${url}/infer`, 'nonsense')).toMatchObject({
    status: 429,
    body: { code: 'KPT_QUEUE_FULL' },
  });
  gone.abort();
  await expect(first).rejects.toThrow();
  while ((await places()) > 0);
  const upload = connect(Number(new URL(url).port), '127.0.0.1', () =>
    upload.write('POST /v1/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n{', () =>
      upload.destroy(),
    ),
  );
  const left = async () =>
    ((await ask(`${url}/statistics`)).body.errors as Record<string, number>).KPT_ABORTED;
  while ((await left()) !== 2);
  expect(await post(`${url}/infer`, ' '.repeat(40_000))).toMatchObject({ status: 413 });
  expect((await post(`${url}/infer`, 'nonsense')).status).toBe(400);
  const { errors, failed } = (await ask(`${url}/statistics`)).body;
  expect([errors, failed]).toEqual([
    { KPT_QUEUE_FULL: 1, KPT_ABORTED: 2, KPT_BODY_TOO_LARGE: 1, KPT_REQUEST_MALFORMED: 1 },
    5,
  ]);
  const metrics = await (await fetch(`${full.url}/metrics`)).text();
  for (const [outcome, count] of Object.entries(errors as object))
    expect(metrics).toContain(`kompakt_requests_total{model="digits",outcome="${outcome}"} ${count}`);
  for (const [status, count] of [
    [400, 1],
    [413, 1],
    [429, 1],
    [499, 2],
  ])
    expect(metrics).toContain(
      `kompakt_http_requests_total{route="/v1/models/:name/infer",status="${status}"} ${count}`,
    );
  await full.close();
});

test('nested arrays are as good as flat ones', async () => {
  const rows = Array.from({ length: 28 }, (_, i) => data.slice(28 * i, 28 * (i + 1)));
  const [flat, nested] = await Promise.all([
    post(infer, body(input())),
    post(infer, body(input({ data: [[rows]] }))),
  ]);
  expect(nested.status).toBe(200);
  expect(nested.body.outputs).toEqual(flat.body.outputs);
});

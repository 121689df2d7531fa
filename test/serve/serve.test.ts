import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { Agent, type IncomingMessage, request } from 'node:http';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import type { Server } from '../../lib/serve/serve.js';
import { InferenceSession } from '../../lib/session/session.js';
import {
  type Answer,
  ask,
  digit,
  digitInput,
  digitRequest,
  lenet,
  post,
  startServer,
  testFolder,
} from '../helpers/serving.js';

const files = testFolder();
const file = files.path('digits.onnx');
let server: Server;
let infer: string;
/** What the sessions of both models answer directly, by digit. */
const direct: (readonly number[])[][] = [];

beforeAll(async () => {
  for (const seed of [1, 2]) {
    const session = InferenceSession.fromModel(lenet(seed), { intraOpNumThreads: 1 });
    const answers: (readonly number[])[] = [];
    for (let i = 0; i < 64; i++)
      answers.push(
        Array.from(Object.values(await session.run({ [digitInput]: digit(i) }))[0]!.data as Float32Array),
      );
    direct.push(answers);
    await session.release();
  }
  await lenet(1).save(file);
  server = await startServer({ models: [file], queue: 1000 });
  infer = `${server.url}/v1/models/digits/infer`;
});
afterAll(async () => {
  await server.close();
  files.remove();
});

test('tells what it serves', async () => {
  expect(await ask(`${server.url}/health`)).toMatchObject({ status: 200, body: { live: true } });
  expect(await ask(`${server.url}/ready`)).toMatchObject({ status: 200, body: { ready: true } });
  const page = {
    name: 'digits',
    platform: 'kompakt',
    inputs: [{ name: digitInput, datatype: 'FP32', shape: [-1, 1, 28, 28] }],
    warmUpMs: expect.any(Number),
    device: { tier: expect.any(String) },
  };
  expect(await ask(`${server.url}/v1/models/digits`)).toMatchObject({ status: 200, body: page });
  expect(await ask(`${server.url}/v1/models`)).toMatchObject({ status: 200, body: { models: [page] } });
  expect(await ask(`${server.url}/v2/models/digits/ready`)).toMatchObject({ status: 200 });
});

test('hundreds of requests at once are answered as run() answers', async () => {
  const answers = await Promise.all(
    Array.from({ length: 300 }, (_, i) => post(infer, digitRequest(i, { id: `${i}` }))),
  );
  answers.forEach(({ status, body }, i) => {
    expect([status, body.id]).toEqual([200, `${i}`]);
    expect(body.outputs![0]!.data).toEqual(direct[0]![i % 64]);
  });
});

test('raw bytes in and out are the same numbers', async () => {
  const head = (data: Uint8Array): string =>
    JSON.stringify({
      inputs: [
        {
          name: digitInput,
          shape: [1, 1, 28, 28],
          datatype: 'FP32',
          parameters: { binary_data_size: data.length },
        },
      ],
      parameters: { binary_data_output: true },
    });
  const { data } = digit(5);
  const raw = new Uint8Array((data as Float32Array).buffer);
  const response = await fetch(infer, {
    method: 'POST',
    headers: { 'inference-header-content-length': String(head(raw).length) },
    body: Buffer.concat([Buffer.from(head(raw)), raw]),
  });
  expect(response.status).toBe(200);
  const length = Number(response.headers.get('inference-header-content-length'));
  const body = new Uint8Array(await response.arrayBuffer());
  const { outputs } = JSON.parse(Buffer.from(body.subarray(0, length)).toString());
  expect(outputs[0]).toMatchObject({ shape: [1, 10], parameters: { binary_data_size: 40 } });
  expect(Array.from(new Float32Array(body.slice(length).buffer))).toEqual(direct[0]![5]);
});

test('a swap under load loses nothing, and each answer is of one of the two models', async () => {
  let swapped = false;
  const seen = Array.from({ length: 4 }, () => ({ old: 0, fresh: 0 }));
  const asked = seen.map(async (own, worker) => {
    for (let i = worker; !swapped || own.fresh === 0; i++) {
      const { status, body } = await post(infer, digitRequest(i));
      expect(status).toBe(200);
      const { data } = body.outputs![0]!;
      const of = direct.findIndex((answers) => JSON.stringify(answers[i % 64]) === JSON.stringify(data));
      expect(of).toBeGreaterThanOrEqual(0);
      if (of === 0) expect(own.fresh).toBe(0);
      own[of === 0 ? 'old' : 'fresh']++;
    }
  });
  while (seen.some(({ old }) => old === 0)) await new Promise((resolve) => setTimeout(resolve, 5));
  await lenet(2).save(file);
  expect(await ask(`${server.url}/v1/models/digits/reload`, { method: 'POST' })).toMatchObject({
    status: 200,
  });
  swapped = true;
  await Promise.all(asked);
});

test('a file that cannot be served leaves the old one in service and says why', async () => {
  const { body: before } = await post(infer, digitRequest(3));
  writeFileSync(file, 'no model');
  expect(await ask(`${server.url}/v1/models/digits`, { method: 'PUT' })).toMatchObject({
    status: 422,
    body: { code: 'KPT_ONNX_MALFORMED' },
  });
  const { buildNetwork } = await import('../../lib/train/networks/index.js');
  await buildNetwork('lenet-5', { classes: 4 }).save(file);
  await expect(server.reload('digits')).rejects.toMatchObject({ code: 'KPT_MODEL_DIFFERENT' });
  await expect(server.reload('letters')).rejects.toMatchObject({ code: 'KPT_MODEL_UNKNOWN' });
  expect((await post(infer, digitRequest(3))).body.outputs).toEqual(before.outputs);
  expect(await post(`${server.url}/v1/models/digits/reload`, 'a body')).toMatchObject({ status: 400 });
});

test('a file that is written over while it is served from a plan cache: new sizes are refused until the reload', async () => {
  const live = files.path('live.onnx');
  const planCache = `${files.path('plans')}/`;
  await lenet(1).save(live);
  await (await startServer({ models: [live], planCache })).close();
  const cached = await startServer({ models: [live], planCache });
  const two = (): Promise<Answer> => {
    const data = [0, 1].flatMap((i) => Array.from(digit(i).data as Float32Array));
    const input = { name: digitInput, shape: [2, 1, 28, 28], datatype: 'FP32', data };
    return post(`${cached.url}/v1/models/live/infer`, JSON.stringify({ inputs: [input] }));
  };
  writeFileSync(live, lenet(2).toBytes());
  const refused = await two();
  expect([refused.status, refused.body.code]).toEqual([503, 'KPT_FILE_CHANGED']);
  expect(refused.body.remedy).toContain('PUT');
  expect((await post(`${cached.url}/v1/models/live/infer`, digitRequest(3))).body.outputs![0]!.data).toEqual(
    direct[0]![3],
  );
  await cached.reload();
  expect((await two()).body.outputs![0]!.data.slice(0, 10)).toEqual(direct[1]![0]);
  await cached.close();
});

test('each model is warmed up with the sizes of its own inputs, and served where that does not succeed', async () => {
  const relu = (input: string, name: string): Promise<void> => {
    const g = new GraphBuilder(name);
    g.output(g.node('Relu', [g.input(input, 'float32', ['n', 'm'])])[0]!, 'float32', ['n', 'm']);
    return new Model(g.build()).save(files.path(`${name}.onnx`));
  };
  const g = new GraphBuilder('view');
  const [x, shape] = [g.input('x', 'float32', [6]), g.input('shape', 'int64', [2])];
  g.output(g.node('Reshape', [x, shape])[0]!, 'float32', ['a', 'b']);
  await new Model(g.build()).save(files.path('view.onnx'));
  await relu('image', 'pictures');
  await relu('sound', 'sounds');
  const [pictures, sounds, view] = ['pictures', 'sounds', 'view'].map((name) =>
    files.path(`${name}.onnx`),
  ) as [string, string, string];
  const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
  const shapes = { image: [1, 7] };
  const mixed = await startServer({
    models: [pictures, { file: sounds, shapes: { sound: [1, 9] } }, view],
    shapes,
  });
  expect(warn.mock.calls).toEqual([[expect.stringMatching(/model 'view' .*not warmed up: .*Reshape/)]]);
  warn.mockRestore();
  expect(mixed.models().map(({ warmUpMs }) => warmUpMs)).toEqual([
    expect.any(Number),
    expect.any(Number),
    null,
  ]);
  const inputs = [
    { name: 'x', shape: [6], datatype: 'FP32', data: [1, 2, 3, 4, 5, 6] },
    { name: 'shape', shape: [2], datatype: 'INT64', data: [2, 3] },
  ];
  const answer = await post(`${mixed.url}/v1/models/view/infer`, JSON.stringify({ inputs }));
  expect(answer.body.outputs![0]).toMatchObject({ shape: [2, 3], data: [1, 2, 3, 4, 5, 6] });
  await mixed.close();
  for (const options of [
    { models: [pictures, sounds], shapes: { smell: [1] } },
    { models: [sounds, { file: pictures, shapes: { sound: [1, 9] } }] },
  ])
    await expect(startServer(options)).rejects.toMatchObject({ code: 'KPT_INPUT_UNKNOWN' });
});

test('the page at / loads nothing from elsewhere, and its script can be read', async () => {
  const response = await fetch(server.url);
  const page = await response.text();
  expect(response.headers.get('content-type')).toContain('text/html');
  expect(response.headers.get('content-security-policy')).toContain("default-src 'self'");
  expect(page).not.toMatch(/(?:src|href)=|@import|url\(/);
  const [, script] = /<script>([\s\S]+)<\/script>/.exec(page)!;
  expect(() => new Function(`return async () => {${script}}`)).not.toThrow();
});

test('variants are governed, and each model has its own', async () => {
  const [one, other] = [files.path('one.onnx'), files.path('other.onnx')];
  await lenet(1).save(one);
  await lenet(2).save(other);
  const switches: unknown[] = [];
  const governed = await startServer({
    models: [{ file: one, variants: [other] }],
    // Less than any run takes: the faster one is wanted as soon as it may be.
    targetMs: 1e-6,
    governor: { downDwellMs: 0, upDwellMs: 1e9 },
    onSwitch: (change) => switches.push(change),
  });
  const url = `${governed.url}/v1/models/one`;
  for (let i = 0; i < 400 && switches.length === 0; i++) await post(`${url}/infer`, digitRequest(i));
  expect(switches).toEqual([{ model: 'one', from: one, to: other, reason: 'too slow' }]);
  const answer = await post(`${url}/infer`, digitRequest(9));
  expect(answer.body.outputs![0]!.data).toEqual(direct[1]![9]);
  expect((await ask(`${url}/statistics`)).body.governor).toMatchObject({ current: other, switches: 1 });
  expect((await ask(`${url}/drift`)).status).toBe(404);
  await governed.close();
  for (const models of [[{ file: one, variants: [other] }], [{ file: one, variants: [one] }]])
    await expect(
      startServer({ models, ...(models[0]!.variants[0] === one && { targetMs: 1 }) }),
    ).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
    });
});

test('metrics and statistics count what was asked', async () => {
  const { body } = await ask(`${server.url}/v1/models/digits/statistics`);
  const counted = (body.requests as { completed: number }).completed;
  const text = await (await fetch(`${server.url}/metrics`)).text();
  const value = (line: string): number => Number(new RegExp(`^${line} (\\S+)$`, 'm').exec(text)?.[1]);
  expect(value('kompakt_requests_total\\{model="digits",outcome="ok"\\}')).toBe(body.completed);
  expect(value('kompakt_request_duration_seconds_count\\{model="digits"\\}')).toBe(body.completed);
  expect(counted).toBeLessThanOrEqual(body.completed as number);
  expect(value('kompakt_reloads_failed_total\\{model="digits"\\}')).toBe(2);
  expect(value('kompakt_model_ready\\{model="digits"\\}')).toBe(1);
  expect(value('kompakt_resident_memory_bytes')).toBeGreaterThan(1e6);
  for (const [, name] of text.matchAll(/^# TYPE (\w+)/gm))
    expect(text).toMatch(new RegExp(`^# HELP ${name} \\S`, 'm'));
});

test('requests under way are answered when the server is told to end, later ones are not', async () => {
  await lenet(1).save(file);
  const ending = await startServer({ models: [{ name: 'd', file }], queue: 100 });
  const url = `${ending.url}/v1/models/d/infer`;
  const asked = Array.from({ length: 20 }, (_, i) => post(url, digitRequest(i)));
  await new Promise((resolve) => setTimeout(resolve, 20));
  const closed = ending.close();
  for (const { status } of await Promise.all(asked.map((one) => one.catch(() => ({ status: 0 })))))
    expect([200, 503, 0]).toContain(status);
  await closed;
  await expect(post(url, digitRequest(0))).rejects.toThrow();
});

test('the end waits for answers on their way to a slow reader, and not for connections that are kept open', async () => {
  const g = new GraphBuilder('copy');
  g.output(g.node('Neg', [g.input('x', 'float32', ['n'])])[0]!, 'float32', ['n']);
  await new Model(g.build()).save(files.path('copy.onnx'));
  const size = 4e6;
  const ending = await startServer({ models: [files.path('copy.onnx')], shutdownMs: 1e10 });
  const url = `${ending.url}/v1/models/copy`;
  const agent = new Agent({ keepAlive: true });
  const head = JSON.stringify({
    inputs: [{ name: 'x', shape: [size], datatype: 'FP32', parameters: { binary_data_size: 4 * size } }],
    parameters: { binary_data_output: true },
  });
  const headers = { 'inference-header-content-length': head.length };
  const large = request(`${url}/infer`, { method: 'POST', agent, headers });
  large.end(Buffer.concat([Buffer.from(head), Buffer.alloc(4 * size)]));
  const [slow] = (await once(large, 'response')) as [IncomingMessage];
  const kept = request(`${url}/ready`, { agent }).end();
  const [quick] = (await once(kept, 'response')) as [IncomingMessage];
  for await (const _ of quick);
  const closed = ending.close();
  const [late] = (await once(request(`${url}/infer`, { method: 'POST', agent }).end(), 'response')) as [
    IncomingMessage,
  ];
  expect([late.statusCode, late.headers.connection]).toEqual([503, 'close']);
  let got = 0;
  for await (const part of slow) got += (part as Buffer).length;
  expect(got).toBeGreaterThan(4 * size);
  // It waits for shutdownMs otherwise: longer than a test may last.
  await closed;
  agent.destroy();
});

test('reloads that have not begun are one, and none begins once the server ends', async () => {
  await lenet(1).save(file);
  const often = await startServer({ models: [{ name: 'd', file }] });
  await Promise.all(Array.from({ length: 20 }, () => often.reload()));
  const done = /^kompakt_reloads_total\{model="d"\} (\d+)$/m;
  expect(done.exec(await (await fetch(`${often.url}/metrics`)).text())![1]).toBe('1');
  const first = often.reload();
  await new Promise(setImmediate);
  const asked = Array.from({ length: 5 }, () => often.reload());
  const closed = often.close();
  for (const { status, reason } of (await Promise.allSettled(asked)) as PromiseRejectedResult[])
    expect([status, reason.code]).toEqual(['rejected', 'KPT_UNAVAILABLE']);
  await Promise.all([first, closed]);
});

test('a server that cannot start says why and leaves nothing behind', async () => {
  const port = Number(new URL(server.url).port);
  await expect(startServer({ models: [file], port })).rejects.toMatchObject({
    code: 'KPT_UNAVAILABLE',
    message: `Port ${port} of 127.0.0.1 is taken: another program listens there.`,
  });
  await expect(startServer({ models: [files.path('none.onnx')] })).rejects.toMatchObject({
    code: 'KPT_FILE_NOT_FOUND',
  });
  await expect(startServer({ models: [file, file] })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  await expect(startServer({ models: [] })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

// The server as a process of its own: what signals, and those who read what it says, may do to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, digitRequest, lenet, testFolder } from '../helpers/serving.js';

const main = join(__dirname, '../../dist/cli/main.js');
const files = testFolder();
const file = files.path('digits.onnx');
beforeAll(() => lenet(1).save(file));
afterAll(() => files.remove());

/** A server that is ready, and where. */
async function start(...more: string[]): Promise<{ readonly process: ChildProcess; readonly url: string }> {
  const started = spawn(process.execPath, [main, 'serve', file, '--port', '0', '--json', ...more], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const [line] = (await once(started.stdout!, 'data')) as [Buffer];
  return { process: started, url: (JSON.parse(line.toString()) as { url: string }).url };
}

test('goes on when nobody reads its messages any more', async () => {
  const server = await start();
  server.process.stderr!.destroy();
  const reloads = async (): Promise<number> =>
    Number(
      /^kompakt_reloads_total\{.*\} (\d+)$/m.exec(await (await fetch(`${server.url}/metrics`)).text())![1],
    );
  for (let count = 1; count <= 2; count++) {
    server.process.kill('SIGHUP');
    while ((await reloads()) < count) await sleep(5);
  }
  expect(await ask(`${server.url}/health`)).toMatchObject({ status: 200 });
  server.process.kill('SIGTERM');
  expect(await once(server.process, 'exit')).toEqual([0, null]);
});

test('serves when nobody ever reads what it prints', async () => {
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  await once(free, 'close');
  const server = spawn(process.execPath, [main, 'serve', file, '--port', String(port)], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  server.stdout.destroy();
  const health = async (): Promise<number> =>
    (await ask(`http://127.0.0.1:${port}/health`).catch(() => ({ status: 0 }))).status;
  while ((await health()) !== 200 && server.exitCode === null) await sleep(20);
  // It prints where it listens after it does.
  await sleep(200);
  expect([server.exitCode, await health()]).toEqual([null, 200]);
  server.kill('SIGTERM');
  expect(await once(server, 'exit')).toEqual([0, null]);
});

test('a signal to read files again does not end a server that is ending, and the last request is answered', async () => {
  const server = await start();
  const { port } = new URL(server.url);
  const body = digitRequest(0);
  const socket = connect(Number(port), '127.0.0.1');
  await once(socket, 'connect');
  socket.write(
    `POST /v1/models/digits/infer HTTP/1.1\r\nHost: x\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body.slice(0, 100)}`,
  );
  const isReady = async (): Promise<boolean> =>
    (await ask(`${server.url}/ready`).catch(() => ({ status: 0 }))).status === 200;
  // The request has begun when one that came later is answered.
  expect(await isReady()).toBe(true);
  let said = '';
  server.process.stderr!.on('data', (text) => (said += text));
  server.process.kill('SIGTERM');
  while (await isReady()) await sleep(5);
  server.process.kill('SIGHUP');
  while (!said.includes('KPT_UNAVAILABLE') && server.process.exitCode === null) await sleep(5);
  socket.write(body.slice(100));
  let answer = '';
  for await (const part of socket) answer += part;
  expect(answer).toMatch(/^HTTP\/1\.1 200 /);
  expect(answer.toLowerCase()).toContain('connection: close');
  if (server.process.exitCode === null) await once(server.process, 'exit');
  expect([server.process.exitCode, server.process.signalCode]).toEqual([0, null]);
});

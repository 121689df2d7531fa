// localhost has two addresses on most systems: one server answers on both.
import dns from 'node:dns/promises';
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { networkInterfaces } from 'node:os';
import { lenet, startServer, testFolder } from '../helpers/serving.js';

const files = testFolder();
const file = files.path('digits.onnx');
beforeAll(() => lenet(1).save(file));
afterAll(() => files.remove());
afterEach(() => jest.restoreAllMocks());

const both = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];
const nameBoth = (): void => {
  jest.spyOn(dns, 'lookup').mockResolvedValue(both as never);
};

async function connected(port: number, host: string, said: string): Promise<Socket> {
  const socket = connect(port, host);
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(said);
  return socket;
}

async function answer(port: number, host: string, said: string): Promise<string> {
  const socket = await connected(port, host, said);
  let text = '';
  socket.on('data', (part) => {
    text += part;
  });
  await once(socket, 'close');
  return text;
}

const hasIpv6 = Object.values(networkInterfaces()).some((all) =>
  all?.some(({ address }) => address === '::1'),
);
const testIpv6 = hasIpv6 ? test : test.skip;

testIpv6('connections to each address of localhost are served alike (where there is ::1)', async () => {
  nameBoth();
  const server = await startServer({ models: [file], host: 'localhost', requestTimeoutMs: 400 });
  const port = Number(new URL(server.url).port);
  for (const { address } of both) {
    const whole = 'GET /health HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n';
    expect(await answer(port, address, whole)).toMatch(/^HTTP\/1\.1 200 /);
    expect(await answer(port, address, 'FOO / HTTP/1.1\r\n\r\n')).toContain('"code":"KPT_REQUEST_MALFORMED"');
    expect(await answer(port, address, 'GET /hea')).toMatch(
      /^HTTP\/1\.1 408 .*did not arrive within 400 ms/s,
    );
  }
  const idle = await Promise.all(both.map(({ address }) => connected(port, address, '')));
  const closed = Promise.all(idle.map((socket) => once(socket, 'close')));
  const start = performance.now();
  await server.close();
  await closed;
  // It would wait for idle ones until it cuts them, ten seconds later.
  expect(performance.now() - start).toBeLessThan(5000);
  for (const { address } of both) await expect(connected(port, address, '')).rejects.toThrow('ECONNREFUSED');
});

testIpv6('an address of localhost that another program has is left out (where there is ::1)', async () => {
  nameBoth();
  const other = createServer((socket) => socket.end('another')).listen(0, '::1');
  await once(other, 'listening');
  const { port } = other.address() as { port: number };
  const server = await startServer({ models: [file], host: 'localhost', port });
  expect(server.url).toBe(`http://127.0.0.1:${port}`);
  expect(await answer(port, '::1', '')).toBe('another');
  await server.close();
  await new Promise((done) => other.close(done));
});

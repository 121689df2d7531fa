// The server as a process of its own: what signals, and those who read what it says, may do to it.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ask, lenet, testFolder } from '../helpers/serving.js';

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

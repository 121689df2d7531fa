import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { native } from '../../lib/run/native.js';
import { ModelSource } from '../../lib/session/model-source.js';
import { InferenceSession } from '../../lib/session/session.js';
import { npmModels } from '../helpers/models.js';

const alexa = npmModels.find((model) => model.name === 'alexa')!.path;
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-source-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file that takes the name after opening is another model', async () => {
  const path = join(folder, 'model.onnx');
  writeFileSync(path, readFileSync(alexa));
  const source = await ModelSource.open(path);
  writeFileSync(`${path}.new`, 'other bytes');
  renameSync(`${path}.new`, path);
  expect(source.digest()).toBe(native().digest(readFileSync(alexa)));
  expect(source.load().graph.inputs).toHaveLength(1);
  source.close();
});

test('a pipe is waited for off the JavaScript thread', async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const creating = InferenceSession.create(pipe);
  // Nobody writes yet: timers go on.
  await new Promise((resolve) => setTimeout(resolve, 50));
  const writer = spawn('cp', [alexa, pipe]);
  const session = await creating;
  expect(session.inputNames).toHaveLength(1);
  await session.release();
  writer.kill();
});

test('a file that is not there is an error with its path', async () => {
  await expect(ModelSource.open(join(folder, 'none.onnx'))).rejects.toMatchObject({
    code: 'KPT_FILE_NOT_FOUND',
  });
});

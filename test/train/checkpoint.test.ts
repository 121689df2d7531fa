// Checkpoint files: every type there and back, the published format, and files that are cut, foreign or old.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bytesOf, f32, fromNumbers, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { loadCheckpoint, requireSameSettings, saveCheckpoint } from '../../lib/train/checkpoint.js';
import { checkpointBytes } from '../helpers/data-bytes.js';
import { folder } from '../helpers/data-files.js';

const tensors = new Map<string, TensorValue>([
  ['w', f32([2, 3], [1, -2, 3.5, Number.NaN, Number.POSITIVE_INFINITY, -0])],
  ['bytes', fromNumbers('uint8', [3], [1, 2, 255])],
  ['steps', i64([2 ** 40])],
  ['wide', fromNumbers('float64', [1], [Math.PI])],
  ['flags', fromNumbers('bool', [3], [1, 0, 1])],
  ['empty', f32([0, 4], [])],
  ['scalar', f32([], [7])],
]);
const checkpoint = {
  tensors,
  progress: { epoch: 3, loss: 0.1 + 0.2 },
  settings: { seed: 5, schedule: { name: 'cosine' } },
};

test('what is saved is loaded, bit for bit', async () => {
  const path = join(folder, 'whole');
  await saveCheckpoint(path, checkpoint);
  const loaded = (await loadCheckpoint(path))!;
  expect(loaded.progress).toEqual(checkpoint.progress);
  expect(loaded.settings).toEqual(checkpoint.settings);
  expect([...loaded.tensors.keys()]).toEqual([...tensors.keys()]);
  for (const [name, value] of tensors) {
    const { dtype, dims } = loaded.tensors.get(name)!;
    expect({ dtype, dims }).toEqual({ dtype: value.dtype, dims: value.dims });
    expect(Buffer.compare(bytesOf(loaded.tensors.get(name)!), bytesOf(value))).toBe(0);
  }
});

test('the file is safetensors: header length, JSON, data at its offsets', async () => {
  const path = join(folder, 'format');
  await saveCheckpoint(path, checkpoint);
  const bytes = readFileSync(path);
  const length = Number(bytes.readBigUInt64LE(0));
  expect(length % 8).toBe(0);
  const header = JSON.parse(bytes.subarray(8, 8 + length).toString());
  expect(header.w).toEqual({ dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] });
  expect(header.bytes).toEqual({ dtype: 'U8', shape: [3], data_offsets: [24, 27] });
  expect(bytes.readFloatLE(8 + length + 8)).toBe(3.5);
  expect(Object.values(header.__metadata__).every((value) => typeof value === 'string')).toBe(true);
  expect(bytes.length).toBe(
    8 +
      length +
      Math.max(
        ...Object.values(header).flatMap((t) => (t as { data_offsets?: number[] }).data_offsets ?? []),
      ),
  );
});

test('saving replaces the file and leaves nothing else behind', async () => {
  const home = join(folder, 'home');
  mkdirSync(home);
  const path = join(home, 'c');
  for (const epoch of [1, 2]) await saveCheckpoint(path, { ...checkpoint, progress: { epoch } });
  expect((await loadCheckpoint(path))!.progress).toEqual({ epoch: 2 });
  expect(readdirSync(home)).toEqual(['c']);
  await expect(saveCheckpoint(join(home, 'no/c'), checkpoint)).rejects.toMatchObject({
    code: 'KPT_FILE_WRITE',
  });
});

test('no file is no checkpoint; a folder, a cut file or another file is an error', async () => {
  expect(await loadCheckpoint(join(folder, 'absent'))).toBeUndefined();
  await expect(loadCheckpoint(folder)).rejects.toMatchObject({ code: 'KPT_FILE_NOT_FOUND' });
  const path = join(folder, 'cut');
  await saveCheckpoint(path, checkpoint);
  const bytes = readFileSync(path);
  for (const length of [0, 4, 100, bytes.length - 1]) {
    writeFileSync(path, bytes.subarray(0, length));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  }
  writeFileSync(path, 'something else that is long enough to have a header');
  await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
});

test('settings are compared by value', () => {
  const { settings } = checkpoint;
  expect(() =>
    requireSameSettings('checkpoint', 'c', settings, { schedule: { name: 'cosine' }, seed: 5 }),
  ).not.toThrow();
  expect(() => requireSameSettings('checkpoint', 'c', settings, { ...settings, schedule: 'step' })).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('schedule (was {"name":"cosine"}, is "step")'),
    }),
  );
});

test.each(['null', '3', '"text"', 'no JSON'])('progress and settings %s are malformed', async (text) => {
  const sound = { format: 'kompakt', progress: '{}', settings: '{}' };
  const path = join(folder, 'odd');
  for (const odd of [{ progress: text }, { settings: text }]) {
    writeFileSync(path, checkpointBytes({ ...sound, ...odd }, Float32Array.of(1)));
    await expect(loadCheckpoint(path)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
  }
  writeFileSync(path, checkpointBytes(sound, Float32Array.of(1)));
  expect((await loadCheckpoint(path))!.tensors.size).toBe(1);
});

test('every damaged byte is found; a checkpoint without a digest is an old one', async () => {
  const path = join(folder, 'damaged');
  await saveCheckpoint(path, checkpoint);
  const bytes = readFileSync(path);
  const refused = {
    code: 'KPT_DATA_MALFORMED',
    message: expect.stringContaining('is damaged, or no checkpoint'),
  };
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 1 << (at % 8);
    writeFileSync(path, damaged);
    await expect(loadCheckpoint(path)).rejects.toMatchObject(refused);
  }
  const old = { format: 'kompakt', digest: undefined, progress: '{}', settings: '{}' };
  writeFileSync(path, checkpointBytes(old, Float32Array.of(1)));
  await expect(loadCheckpoint(path)).rejects.toMatchObject(refused);
});

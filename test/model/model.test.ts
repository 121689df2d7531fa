// Real models through load and save: the same outputs in onnxruntime before and after, and files written whole or not
// at all.
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { GraphEditor } from '../../lib/graph/rewrite.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { fileBytesOf, storedBytesOf } from '../../lib/model/stored-bytes.js';
import { fromNumbers, type TensorValue } from '../../lib/tensor/tensor.js';
import { npmModels } from '../helpers/npm-models.js';
import { ramp, runInOrt } from '../helpers/onnx-file.js';
import { sharedData } from '../helpers/shared-data.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
});
afterEach(() => {
  chmodSync(folder, 0o755);
  rmSync(folder, { recursive: true });
});

/** Sizes for free dimensions that every one of the models accepts. */
const freeSizes: Readonly<Record<string, readonly number[]>> = {
  'ch_PP-OCRv4_det_infer.onnx': [1, 3, 64, 64],
  'ch_PP-OCRv4_rec_infer.onnx': [1, 3, 48, 64],
  'ch_ppocr_mobile_v2.0_cls_infer.onnx': [1, 3, 48, 192],
  'embedding_model.onnx': [1, 76, 32, 1],
  'melspectrogram.onnx': [1, 1280],
};

function feedsOf(model: Model, file: string): Record<string, TensorValue> {
  return Object.fromEntries(
    model.graph.inputs.map(({ name, dtype, dims }) => {
      if (dtype === 'int64') return [name, fromNumbers('int64', dims as number[], [16000])];
      const sizes = dims!.map((d, i) => (typeof d === 'number' && d > 0 ? d : (freeSizes[file]?.[i] ?? 1)));
      if (file === 'silero_vad.onnx' && name === 'input') sizes[1] = 512;
      return [name, ramp(dtype, sizes, 0.5)];
    }),
  );
}

test('a model knows the bytes of its file as long as it is that', async () => {
  const path = npmModels[0]!;
  const model = await Model.load(path);
  expect(model.fileBytes).toBe(statSync(path).size);
  expect(Model.loadSync(readFileSync(path)).fileBytes).toBe(model.fileBytes);
  expect(model.withGraph(model.graph).fileBytes).toBe(null);
  expect(fileBytesOf(model.withGraph(model.graph))).toBe(model.toBytes().length);
  expect(storedBytesOf(model).file).toBe(model.fileBytes);
  expect(fileBytesOf(model)).toBe(model.fileBytes);
});

test.each(npmModels.map((path) => [basename(path), path]))(
  '%s: same outputs after load and save',
  async (file, path) => {
    const model = await Model.load(path);
    verify(model.graph);
    const feeds = feedsOf(model, file);
    const before = await runInOrt(path, feeds);
    expect(await runInOrt(model.toBytes(), feeds)).toEqual(before);
    const edited = model.withGraph(new GraphEditor(model.graph).finish());
    expect(await runInOrt(edited.toBytes(), feeds)).toEqual(before);
  },
);

test.each(npmModels.map((path) => [basename(path), path]))(
  '%s: saving again gives the same bytes',
  (_, path) => {
    const bytes = Model.loadSync(path).toBytes();
    expect(Buffer.compare(Model.loadSync(bytes).toBytes(), bytes)).toBe(0);
  },
);

const sharedFolders = ['models-mlperf-tiny', 'models-vision', 'models-audio', 'foreign-quantized'];
const sharedModels = sharedFolders.flatMap((name) => {
  const path = sharedData(name);
  const files = path === null ? [] : readdirSync(path).filter((file) => file.endsWith('.onnx'));
  return files.map((file) => [`${name}/${file}`, join(path!, file)] as const);
});
(sharedModels.length > 0 ? test.each(sharedModels) : test.skip.each([['skipped, no shared data', '']]))(
  '%s: same outputs after load and save',
  async (_, path) => {
    const model = await Model.load(path);
    const feeds = feedsOf(model, basename(path));
    expect(await runInOrt(model.toBytes(), feeds)).toEqual(await runInOrt(path, feeds));
  },
);

const [first] = npmModels as [string];

test('save writes the bytes and leaves nothing else', async () => {
  const model = await Model.load(first);
  const path = join(folder, 'out.onnx');
  writeFileSync(path, 'old');
  await model.save(path);
  expect(Buffer.compare(readFileSync(path), model.toBytes())).toBe(0);
  expect(readdirSync(folder)).toEqual(['out.onnx']);
});

test('save into a folder that does not exist, or over a folder, leaves nothing', async () => {
  const model = await Model.load(first);
  await expect(model.save(join(folder, 'none', 'out.onnx'))).rejects.toMatchObject({
    code: 'KPT_FILE_WRITE',
  });
  await expect(model.save(folder)).rejects.toMatchObject({ code: 'KPT_FILE_WRITE' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a place that cannot be written is known before saving, and looking leaves nothing', async () => {
  await Model.checkWritable(join(folder, 'out.onnx'));
  for (const path of [join(folder, 'none', 'out.onnx'), folder])
    await expect(Model.checkWritable(path)).rejects.toMatchObject({ code: 'KPT_FILE_WRITE' });
  expect(readdirSync(folder)).toEqual([]);
});

test('a read-only file is not written over', async () => {
  const kept = join(folder, 'kept.onnx');
  writeFileSync(kept, 'kept', { mode: 0o444 });
  const model = await Model.load(first);
  for (const write of [Model.checkWritable(kept), model.save(kept)])
    await expect(write).rejects.toMatchObject({
      code: 'KPT_FILE_WRITE',
      message: expect.stringContaining('it is read-only'),
    });
  expect(readFileSync(kept, 'utf8')).toBe('kept');
  expect(readdirSync(folder)).toEqual(['kept.onnx']);
});

const testAsUser = process.getuid?.() === 0 ? test.skip : test;

testAsUser(
  'save into a read-only folder fails with KPT_FILE_WRITE (not for root: may write anywhere)',
  async () => {
    chmodSync(folder, 0o555);
    const model = await Model.load(first);
    await expect(model.save(join(folder, 'out.onnx'))).rejects.toMatchObject({ code: 'KPT_FILE_WRITE' });
    expect(readdirSync(folder)).toEqual([]);
  },
);

test('a missing file and a wrong argument are named', async () => {
  for (const [path, why] of [
    [join(folder, 'none.onnx'), 'no such file or directory'],
    [folder, 'illegal operation on a directory'],
  ] as const)
    await expect(Model.load(path)).rejects.toMatchObject({
      code: 'KPT_FILE_NOT_FOUND',
      message: `The file '${path}' cannot be read: ${why}.`,
    });
  expect(() => Model.loadSync(join(folder, 'none.onnx'))).toThrow(
    expect.objectContaining({ code: 'KPT_FILE_NOT_FOUND' }),
  );
  await expect(Model.load(7 as never)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

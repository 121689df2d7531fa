// Plan caches: what comes from a file is bit-equal to what was made afresh, and a file that is not exactly right is ignored
// and made anew.
import { mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { Model } from '../../lib/model/model.js';
import { packBinary } from '../../lib/passes/pack-binary.js';
import { cleanPasses, runPipeline } from '../../lib/passes/pipeline.js';
import { native } from '../../lib/run/native.js';
import { build, PlanCache } from '../../lib/session/plan-cache.js';
import { InferenceSession } from '../../lib/session/session.js';
import { lfc, vgg } from '../helpers/binary-nets.js';
import { npmModels } from '../helpers/models.js';
import { testOnLinux, timesOpen, whyNotOnLinux } from '../helpers/open-files.js';
import { feedsOf, outcome, type Shapes } from '../helpers/session-outcome.js';
import { sharedData } from '../helpers/shared-data.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-cache-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const modelPath = (name: string): string => npmModels.find((m) => m.name === name)!.path;
const alexa = modelPath('alexa');
const alexaShapes = { 'onnx::Flatten_0': [1, 16, 96] };

/** Whether the file at `path` is a cache that a session of this model takes. */
function isTaken(path: string, model: string): boolean {
  const digest = native().digest(readFileSync(model));
  return new PlanCache({ path, own: false }, { digest, optimize: true }).signature !== undefined;
}

describe('KOMPAKT_PLAN_CACHE', () => {
  const start = (planCache?: string): Promise<string> => outcome(alexa, alexaShapes, planCache);
  afterEach(() => {
    process.env.KOMPAKT_PLAN_CACHE = '';
  });

  test('names the folder of sessions that name none, and is made', async () => {
    process.env.KOMPAKT_PLAN_CACHE = join(folder, 'made');
    await start();
    const [file, ...others] = readdirSync(join(folder, 'made'));
    expect(others).toEqual([]);
    expect(isTaken(join(folder, 'made', file!), alexa)).toBe(true);
    await start(join(folder, 'own.kpc'));
    expect(readdirSync(join(folder, 'made'))).toEqual([file]);
    InferenceSession.fromModel(Model.loadSync(readFileSync(alexa))); // has no file to be known by, and needs none
  });

  test('that cannot be written to costs a warning', async () => {
    writeFileSync(join(folder, 'file'), '');
    process.env.KOMPAKT_PLAN_CACHE = join(folder, 'file');
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    expect(await start()).not.toBe('');
    expect(warn).toHaveBeenCalledWith(expect.any(String), { code: 'KPT_FILE_WRITE' });
    warn.mockRestore();
  });
});

describe('results', () => {
  const quantized = [
    ['foreign-quantized/resnet8_cifar10_qdq_u8s8_perchannel.onnx', [1, 3, 32, 32]],
    ['foreign-quantized/resnet8_cifar10_qoperator_u8u8.onnx', [1, 3, 32, 32]],
    ['foreign-quantized/dscnn_kws_qdq_s8s8_pertensor.onnx', [1, 1, 49, 10]],
    ['foreign-quantized/dscnn_kws_qoperator_u8u8.onnx', [1, 1, 49, 10]],
  ] as const;
  const cases: (readonly [string, string, Shapes])[] = npmModels.map(
    (m) => [m.name, m.path, m.shapes[0]!] as const,
  );
  for (const [file, dims] of quantized) {
    const path = sharedData(file);
    if (path !== null) cases.push([file, path, { input: dims }]);
  }

  test.each(cases)('%s: written, read and never cached are the same bytes', async (_, path, shapes) => {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(path, shapes);
    expect(await outcome(path, shapes, file)).toBe(plain);
    expect(isTaken(file, path)).toBe(true);
    const written = statSync(file).mtimeMs;
    expect(await outcome(path, shapes, file)).toBe(plain);
    expect(statSync(file).mtimeMs).toBe(written);
  });

  test.each([
    ['LFC', lfc],
    ['VGG', vgg],
  ])('%s, a binary net: written, read and never cached are the same bytes', async (_, net) => {
    const bytes = new Model(packBinary.run(runPipeline(cleanPasses, net()))).toBytes();
    const shapes = { image: [3, 1, 28, 28] };
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(bytes, shapes);
    expect(await outcome(bytes, shapes, file)).toBe(plain);
    const written = statSync(file).mtimeMs;
    expect(await outcome(bytes, shapes, file)).toBe(plain);
    expect(statSync(file).mtimeMs).toBe(written);
  });

  test('another shape is planned, and joins the file', async () => {
    const [first, second] = [{ x: [1, 3, 48, 192] }, { x: [1, 3, 48, 100] }];
    const cls = modelPath('PP-OCR direction');
    const file = join(folder, 'plans.kpc');
    await outcome(cls, first, file);
    const one = statSync(file).size;
    expect(await outcome(cls, second, file)).toBe(await outcome(cls, second));
    const two = statSync(file).size;
    expect(two).toBeGreaterThan(one);
    // Weights are packed once for both shapes.
    expect(two).toBeLessThan(1.5 * one);
    expect(await outcome(cls, first, file)).toBe(await outcome(cls, first));
    expect(statSync(file).size).toBe(two);
  });

  test('a session from the cache can be described, profiled, bound and run with other shapes', async () => {
    const cls = modelPath('PP-OCR direction');
    const file = join(folder, 'plans.kpc');
    const shapes = { x: [1, 3, 48, 192] };
    await outcome(cls, shapes, file);
    const fresh = await InferenceSession.create(cls);
    const cached = await InferenceSession.create(cls, { planCache: file, enableProfiling: true });
    expect(cached.inputMetadata).toEqual(fresh.inputMetadata);
    expect(cached.outputMetadata).toEqual(fresh.outputMetadata);
    expect(cached.describe(shapes)).toEqual(fresh.describe(shapes));
    cached.runSync(feedsOf(shapes));
    const operators = (session: InferenceSession) =>
      session.endProfiling().map(({ name, op }) => `${name} ${op}`);
    fresh.startProfiling();
    fresh.runSync(feedsOf(shapes));
    expect(operators(cached)).toEqual(operators(fresh));
    const output = fresh.outputNames[0]!;
    const step = cached.bind({ inputs: feedsOf(shapes) });
    step();
    expect(step.outputs[output]!.data).toEqual(fresh.runSync(feedsOf(shapes))[output]!.data);
    expect(cached.memory().weightBytes).toBeLessThan(fresh.memory().weightBytes / 10);
    await Promise.all([fresh.release(), cached.release()]);
  });
});

describe('places', () => {
  test('a plan that needs more memory than there is now is refused as without a cache', async () => {
    const [cls, file] = [modelPath('PP-OCR direction'), join(folder, 'plans.kpc')];
    const shapes = { x: [96, 3, 48, 192] };
    await outcome(cls, shapes, file);
    process.env.KOMPAKT_MEMORY_LIMIT = '16';
    try {
      for (const cache of [undefined, file])
        await expect(outcome(cls, shapes, cache)).rejects.toMatchObject({ code: 'KPT_TOO_LARGE' });
    } finally {
      delete process.env.KOMPAKT_MEMORY_LIMIT;
    }
  });

  test('a folder holds a file per model, named by its digest and the CPU tier', async () => {
    const place = join(folder, 'deep/caches/');
    await outcome(alexa, alexaShapes, place);
    await outcome(alexa, alexaShapes, place.slice(0, -1));
    const { tier } = native().platform();
    expect(readdirSync(place)).toEqual([`${native().digest(readFileSync(alexa))}-${tier}.kpc`]);
  });

  test('bytes have caches as files do', async () => {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(alexa, alexaShapes, file);
    const written = statSync(file).mtimeMs;
    expect(await outcome(readFileSync(alexa), alexaShapes, file)).toBe(plain);
    expect(statSync(file).mtimeMs).toBe(written);
  });

  test('a place that cannot be written is a warning, not a failure', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    writeFileSync(join(folder, 'file'), '');
    const plain = await outcome(alexa, alexaShapes);
    expect(await outcome(alexa, alexaShapes, join(folder, 'file', 'plans.kpc'))).toBe(plain);
    expect(warn.mock.calls).toEqual([[expect.stringMatching(/^kompakt: /), { code: 'KPT_FILE_WRITE' }]]);
    warn.mockRestore();
  });

  test('a model that cannot be read fails as without a cache', async () => {
    await expect(outcome(join(folder, 'absent.onnx'), {}, folder)).rejects.toMatchObject({
      code: 'KPT_FILE_NOT_FOUND',
    });
    const model = await Model.load(alexa);
    expect(() => InferenceSession.fromModel(model, { planCache: folder })).toThrow(/planCache/);
    await expect(outcome(alexa, alexaShapes, '')).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
  });
});

describe('files that are not right', () => {
  test('damage in every region is noticed, and the file made anew', async () => {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(alexa, alexaShapes, file);
    const good = readFileSync(file);
    const places = new Set<number>(Array.from({ length: 64 }, (_, i) => i * 16));
    for (let at = 0; at < good.length; at += Math.floor(good.length / 40)) places.add(at);
    places.add(good.length - 1);
    for (const at of places) {
      const bad = Buffer.from(good);
      bad[at]! ^= 0x10;
      writeFileSync(file, bad);
      expect(isTaken(file, alexa)).toBe(false);
    }
    expect(await outcome(alexa, alexaShapes, file)).toBe(plain);
    expect(isTaken(file, alexa)).toBe(true);
  });

  test('truncated, empty and foreign files are noticed, and made anew', async () => {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(alexa, alexaShapes, file);
    const good = readFileSync(file);
    const other = join(folder, 'other.kpc');
    await outcome(modelPath('hey_mycroft'), alexaShapes, other);
    const bad = [
      ...[0, 1, 47, 63, 64, 1000, good.length >> 1, good.length - 1].map((size) => good.subarray(0, size)),
      Buffer.concat([good, Buffer.alloc(64)]),
      readFileSync(other),
      readFileSync(alexa),
    ];
    for (const bytes of bad) {
      writeFileSync(file, bytes);
      expect(isTaken(file, alexa)).toBe(false);
      expect(await outcome(alexa, alexaShapes, file)).toBe(plain);
      expect(isTaken(file, alexa)).toBe(true);
    }
  });

  test('the cache of another tier, version, build, model or optimisation is not taken', async () => {
    const file = join(folder, 'plans.kpc');
    await outcome(alexa, alexaShapes, file);
    const digest = native().digest(readFileSync(alexa));
    const words = readFileSync(file)
      .toString('latin1')
      .match(/kompakt \S+ \S+ all [0-9a-f]{32}/)![0];
    const [name, version, tier, level] = words.split(' ') as [string, string, string, string];
    expect(typeof native().openPlanCache(file, words)).toBe('object');
    // Another build of the same version may pack weights in another way.
    expect(version).toBe(build());
    const unbuilt = version.slice(0, version.lastIndexOf('+'));
    for (const identity of [
      [name, `${version}0`, tier, level, digest],
      [name, unbuilt, tier, level, digest],
      [name, version, tier === 'scalar' ? 'avx2' : 'scalar', level, digest],
      [name, version, tier, 'none', digest],
      [name, version, tier, level, digest.replace(/^./, (c) => (c === '0' ? '1' : '0'))],
    ])
      expect(native().openPlanCache(file, identity.join(' '))).toMatch(/another model, CPU or version/);
  });

  test('a plan that the engine refuses is made anew, and everything of the file dropped', async () => {
    const file = join(folder, 'plans.kpc');
    const plain = await outcome(alexa, alexaShapes, file);
    const { tier } = native().platform();
    const key = { digest: native().digest(readFileSync(alexa)), optimize: true };
    const identity = readFileSync(file)
      .toString('latin1')
      .match(/kompakt \S+ \S+ all [0-9a-f]{32}/)![0];
    expect(identity).toContain(tier);
    const opened = native().openPlanCache(file, identity);
    if (typeof opened === 'string') throw new Error(opened);
    // A well-formed file whose program names constants that are not there.
    const empty = new (native().NativeSession)(1);
    expect(empty.saveCache(file, identity, opened.description, opened.programs)).toBeUndefined();
    expect(new PlanCache({ path: file, own: false }, key).signature).toBeDefined();
    expect(await outcome(alexa, alexaShapes, file)).toBe(plain);
    // As is one whose description is no description.
    const stranger =
      '{"kind":"host","node":{"op":"Nothing","domain":"","inputs":[],"outputs":[]},"opset":18}';
    for (const description of [
      '',
      '{',
      'null',
      '{"plans":7}',
      '{"inputs":[],"outputs":[],"plans":[{}]}',
      `{"inputs":[],"outputs":[],"plans":[{"schedule":[${stranger}],"locations":[]}]}`,
    ]) {
      expect(empty.saveCache(file, identity, description, [])).toBeUndefined();
      expect(await outcome(alexa, alexaShapes, file)).toBe(plain);
    }
  });

  test('a model that changes while a session uses its cache is an error, not a wrong result', async () => {
    const copy = join(folder, 'model.onnx');
    const cls = readFileSync(modelPath('PP-OCR direction'));
    writeFileSync(copy, cls);
    const shapes = { x: [1, 3, 48, 192] };
    const file = join(folder, 'plans.kpc');
    await outcome(copy, shapes, file);
    const session = await InferenceSession.create(copy, { planCache: file });
    writeFileSync(copy, readFileSync(alexa));
    session.runSync(feedsOf(shapes));
    expect(() => session.runSync(feedsOf({ x: [1, 3, 48, 100] }))).toThrow(
      expect.objectContaining({ code: 'KPT_FILE_CHANGED', message: expect.stringContaining(copy) }),
    );
    await session.release();
  });

  test('a model whose name another file has taken, or that was removed, is still there', async () => {
    const copy = join(folder, 'model.onnx');
    writeFileSync(copy, readFileSync(modelPath('PP-OCR direction')));
    const [known, fresh] = [{ x: [1, 3, 48, 192] }, { x: [1, 3, 48, 100] }];
    const file = join(folder, 'plans.kpc');
    await outcome(copy, known, file);
    const sessions = [1, 2].map(() => InferenceSession.create(copy, { planCache: file }));
    const [first, second] = (await Promise.all(sessions)) as [InferenceSession, InferenceSession];
    const answer = (session: InferenceSession): unknown =>
      Object.values(session.runSync(feedsOf(fresh)))[0]!.data;
    writeFileSync(join(folder, 'other.onnx'), readFileSync(alexa));
    renameSync(join(folder, 'other.onnx'), copy);
    const data = answer(first);
    rmSync(copy);
    expect(answer(second)).toEqual(data);
    const plain = await InferenceSession.create(modelPath('PP-OCR direction'));
    expect(data).toEqual(answer(plain));
    for (const session of [first, second, plain]) await session.release();
  });

  testOnLinux(`files of models are open no longer than their sessions${whyNotOnLinux}`, async () => {
    const copy = join(folder, 'model.onnx');
    writeFileSync(copy, readFileSync(modelPath('PP-OCR direction')));
    const file = join(folder, 'plans.kpc');
    await outcome(copy, { x: [1, 3, 48, 192] }, file);
    const session = await InferenceSession.create(copy, { planCache: file });
    expect(timesOpen(copy)).toBe(1);
    await session.release();
    expect(timesOpen(copy)).toBe(0);
  });
});

test('writers at the same time leave one whole file', async () => {
  const file = join(folder, 'plans.kpc');
  const addon = join(process.cwd(), 'node_modules', 'node-gyp-build');
  // Each worker writes a file of its own length, again and again.
  const code = `
    const { workerData: w } = require('node:worker_threads');
    const { NativeSession } = require(w.addon)(w.root);
    const session = new NativeSession(1);
    for (let i = 0; i < 200; i++)
      if (session.saveCache(w.file, 'same', String(w.id).repeat(100 * w.id), []) !== undefined) process.exit(1);`;
  const workers = [1, 2, 3, 4].map(
    (id) => new Worker(code, { eval: true, workerData: { id, file, addon, root: process.cwd() } }),
  );
  const ends = workers.map((worker) => new Promise((resolve) => worker.once('exit', resolve)));
  let seen = 0;
  const running = Promise.all(ends);
  let done = false;
  void running.then(() => {
    done = true;
  });
  while (!done) {
    const opened = native().openPlanCache(file, 'same');
    if (typeof opened !== 'string') {
      seen++;
      const id = Number(opened.description[0]);
      expect(opened.description).toBe(String(id).repeat(100 * id));
    } else expect(opened).toMatch(/^KPT_FILE_NOT_FOUND/);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  expect(await running).toEqual([0, 0, 0, 0]);
  expect(seen).toBeGreaterThan(0);
  expect(readdirSync(folder)).toEqual(['plans.kpc']);
});

// Where plan caches lie that nobody asked for, how they are kept small, and what they do not take the place of.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os, { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine } from '../../lib/run/engine.js';
import { native } from '../../lib/run/native.js';
import { cachePlace, ownFileBytes, planCacheUsage, tidy } from '../../lib/session/cache-place.js';
import { PlanCache } from '../../lib/session/plan-cache.js';
import { InferenceSession } from '../../lib/session/session.js';
import { npmModels } from '../helpers/models.js';
import { feedsOf, outcome } from '../helpers/session-outcome.js';

const alexa = npmModels.find((m) => m.name === 'alexa')!.path;
const shapes = { 'onnx::Flatten_0': [1, 16, 96] };
const variables = ['KOMPAKT_PLAN_CACHE', 'XDG_CACHE_HOME'] as const;
const outside = Object.fromEntries(variables.map((name) => [name, process.env[name]]));

let folder: string;
let own: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-cache-'));
  own = join(folder, 'kompakt');
  delete process.env.KOMPAKT_PLAN_CACHE;
  process.env.XDG_CACHE_HOME = folder;
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
  for (const name of variables)
    if (outside[name] === undefined) delete process.env[name];
    else process.env[name] = outside[name];
});

describe('places', () => {
  test('a program comes before the environment, and that before the own folder', () => {
    expect(cachePlace('here.kpc', true)).toEqual({ path: 'here.kpc', own: false });
    expect(cachePlace(false, true)).toBeUndefined();
    expect(cachePlace(undefined, true)).toEqual({ path: join(own, '/'), own: true });
    expect(cachePlace(undefined, false)).toBeUndefined();
    process.env.KOMPAKT_PLAN_CACHE = join(folder, 'named');
    for (const isFile of [true, false])
      expect(cachePlace(undefined, isFile)).toEqual({ path: join(folder, 'named/'), own: false });
    for (const none of ['', '0']) {
      process.env.KOMPAKT_PLAN_CACHE = none;
      expect(cachePlace(undefined, true)).toBeUndefined();
      expect(planCacheUsage()).toMatchObject({ folder: null, files: 0 });
    }
  });

  const onLinux = process.platform === 'linux' ? test : test.skip;
  onLinux('the own folder lies among the caches of the user', () => {
    const usual = join(homedir(), '.cache/kompakt/');
    process.env.XDG_CACHE_HOME = 'not/absolute';
    expect(cachePlace(undefined, true)?.path).toBe(usual);
    delete process.env.XDG_CACHE_HOME;
    expect(cachePlace(undefined, true)?.path).toBe(usual);
    const home = jest.spyOn(os, 'homedir');
    home.mockReturnValueOnce('nowhere');
    expect(cachePlace(undefined, true)).toBeUndefined();
    home.mockImplementationOnce(() => {
      throw new Error('no such user');
    });
    expect(cachePlace(undefined, true)).toBeUndefined();
    home.mockRestore();
  });
});

describe('the own folder', () => {
  test('serves later sessions of the same file, and notes when', async () => {
    const plain = await outcome(readFileSync(alexa), shapes);
    expect(planCacheUsage()).toEqual({
      folder: own,
      named: false,
      files: 0,
      bytes: 0,
      maxBytes: 512 * 2 ** 20,
    });
    expect(await outcome(alexa, shapes)).toBe(plain);
    const [name, ...others] = readdirSync(own);
    expect(others).toEqual([]);
    expect(name).toBe(`${native().digest(readFileSync(alexa))}-${native().tier()}.kpc`);
    expect(statSync(own).mode & 0o777).toBe(0o700);
    const file = join(own, name!);
    expect(planCacheUsage()).toMatchObject({ files: 1, bytes: statSync(file).size });
    const { ino } = statSync(file);
    utimesSync(file, 1, 1);
    const session = await InferenceSession.create(alexa);
    await session.run(feedsOf(shapes));
    expect(session.memory().weightBytes).toBeLessThan(1000);
    await session.release();
    expect(await outcome(alexa, shapes)).toBe(plain);
    expect(statSync(file).ino).toBe(ino);
    expect(Date.now() - statSync(file).mtimeMs).toBeLessThan(60_000);
  });

  test('is not used by who wants none', async () => {
    const session = await InferenceSession.create(alexa, { planCache: false });
    await session.run(feedsOf(shapes));
    await session.release();
    expect(() => readdirSync(own)).toThrow('ENOENT');
  });

  test('that cannot be written to costs nothing, not even a warning', async () => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    writeFileSync(own, 'a file');
    expect(await outcome(alexa, shapes)).toBe(await outcome(readFileSync(alexa), shapes));
    expect(warn).not.toHaveBeenCalled();
    warn.mockRestore();
  });

  test('that can only be read serves as it is', async () => {
    const plain = await outcome(alexa, shapes);
    chmodSync(own, 0o500);
    expect(await outcome(alexa, shapes)).toBe(plain);
    chmodSync(own, 0o700);
  });

  test('is not trusted where others may write', () => {
    mkdirSync(own);
    chmodSync(own, 0o700);
    expect(cachePlace(undefined, true)?.path).toBe(join(own, '/'));
    for (const mode of [0o770, 0o702]) {
      chmodSync(own, mode);
      expect(cachePlace(undefined, true)).toBeUndefined();
    }
  });

  test('takes no large files', () => {
    const saved: string[] = [];
    const engineOf = (weightBytes: number) =>
      ({
        weightBytes: () => weightBytes,
        session: { saveCache: (path: string) => void saved.push(path) },
      }) as unknown as Engine;
    const keep = (weightBytes: number, asked: boolean): number => {
      const cache = new PlanCache({ path: join(own, '/'), own: !asked }, { digest: 'd', optimize: true });
      cache.attach(engineOf(weightBytes), { inputs: [], outputs: [] });
      cache.add(['k'], {
        program: new Uint8Array(),
        schedule: [],
        locations: new Map(),
        outputs: [],
      } as never);
      cache.keep();
      return saved.splice(0).length;
    };
    expect(keep(ownFileBytes, false)).toBe(1);
    expect(keep(ownFileBytes + 1, false)).toBe(0);
    expect(keep(ownFileBytes + 1, true)).toBe(1);
  });

  test('loses what was not used for longest, and what was never finished', () => {
    mkdirSync(own);
    const put = (name: string, bytes: number, age: number): void => {
      writeFileSync(join(own, name), '');
      truncateSync(join(own, name), bytes); // takes no room on the disk
      const time = Date.now() / 1000 - age;
      utimesSync(join(own, name), time, time);
    };
    const half = 256 * 2 ** 20 - 10;
    put('old.kpc', 10, 300);
    put('large.kpc', half, 200);
    put('larger.kpc', half, 100);
    put(`new.kpc.${process.pid}.0.tmp`, 20, 10);
    put('dead.kpc.13.0.tmp', 10, 3 * 24 * 3600);
    put('notes.txt', half, 1000);
    tidy(own);
    expect(readdirSync(own).sort()).toEqual([
      'large.kpc',
      'larger.kpc',
      `new.kpc.${process.pid}.0.tmp`,
      'notes.txt',
    ]);
    rmSync(join(own, 'large.kpc'));
    for (let i = 0; i < 300; i++) put(`${i}.kpc`, 1, i + 1);
    tidy(own);
    const left = readdirSync(own).filter((name) => name.endsWith('.kpc'));
    expect(left).toHaveLength(255); // and the one that is being written
    expect(left).toEqual(expect.arrayContaining(['0.kpc', 'larger.kpc']));
    expect(left).not.toContain('299.kpc');
  });

  test('keeps what was just written where a clock went wrong, and nothing that a process has left unfinished', () => {
    mkdirSync(own);
    const put = (name: string, bytes: number, ahead: number): void => {
      writeFileSync(join(own, name), '');
      truncateSync(join(own, name), bytes);
      const time = Date.now() / 1000 + ahead;
      utimesSync(join(own, name), time, time);
    };
    put('future.kpc', 512 * 2 ** 20, 365 * 24 * 3600);
    put('new.kpc', 1000, 0);
    put('left.kpc.4194305.0.tmp', 1000, -1); // more than the largest process id
    put(`future.kpc.${process.pid}.0.tmp`, 1000, 365 * 24 * 3600);
    tidy(own);
    expect(readdirSync(own)).toEqual(['new.kpc']);
  });
});

describe('what is no plan cache', () => {
  const refused = async (path: string, model = alexa): Promise<void> => {
    const warn = jest.spyOn(process, 'emitWarning').mockReturnValue(undefined);
    const session = await InferenceSession.create(model, { planCache: path });
    await session.run(feedsOf({ 'onnx::Flatten_0': [1, 16, 96] }));
    await session.release();
    expect(warn).toHaveBeenCalledWith(expect.stringContaining('no plan cache'), { code: 'KPT_FILE_WRITE' });
    warn.mockRestore();
  };

  test('a file of somebody stays what it is', async () => {
    const notes = join(folder, 'notes.txt');
    writeFileSync(notes, 'not to be lost');
    await refused(notes);
    expect(readFileSync(notes, 'utf8')).toBe('not to be lost');
  });

  test('so does the model', async () => {
    const model = join(folder, 'model.onnx');
    writeFileSync(model, readFileSync(alexa));
    await refused(model, model);
    expect(readFileSync(model).equals(readFileSync(alexa))).toBe(true);
  });

  test('a pipe is not waited for', async () => {
    const pipe = join(folder, 'pipe.kpc');
    execFileSync('mkfifo', [pipe]);
    await refused(pipe);
    expect(statSync(pipe).isFIFO()).toBe(true);
  });
});

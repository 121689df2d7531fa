// The door to the addon: what it reports, and what it says when the addon cannot be loaded.
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { check, platform } from '../../lib/run/native.js';

test('the platform names its best tier among those it has', () => {
  const { tier, tiers, cpus } = platform();
  expect(tiers).toContain(tier);
  expect(tiers).toContain('scalar');
  expect(cpus).toBeGreaterThanOrEqual(1);
});

test('a failure string becomes an error with its code', () => {
  expect(() => check('KPT_ABORTED the run was aborted')).toThrow(
    expect.objectContaining({ code: 'KPT_ABORTED', message: 'the run was aborted' }),
  );
  expect(() => check('KPT_WHAT odd')).toThrow(expect.objectContaining({ code: 'KPT_INTERNAL' }));
  expect(check(undefined)).toBeUndefined();
});

/** What `platform()` of a copy of the package says, which has no addon but those in `addons`: path -> file. */
function inCopy(addons: Readonly<Record<string, string>>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
  try {
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
    for (const [path, file] of Object.entries(addons)) cpSync(file, join(folder, path));
    const script = join(folder, 'try.mjs');
    writeFileSync(
      script,
      `import { platform } from './dist/index.js';
      const show = (value) => console.log(JSON.stringify(value));
      try { show(platform()); } catch (e) { show({ code: e.code, message: e.message, remedy: e.remedy }); }`,
    );
    const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8', cwd: folder });
    return JSON.parse(stdout) as Record<string, string>;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('without an addon the error names the platform and the command that builds it', () => {
  const error = inCopy({});
  expect(error.code).toBe('KPT_ADDON_MISSING');
  expect(error.message).toContain(`${process.platform}-${process.arch}`);
  expect(error.remedy).toContain('build:native');
});

test('the addon is found where packages carry it, under any name that node-gyp-build knows', () => {
  const built = 'build/Release/kompakt.node';
  const prebuilds = `prebuilds/${process.platform}-${process.arch}`;
  const { tier } = platform();
  expect(inCopy({ [`${prebuilds}/node.node`]: built }).tier).toBe(tier);
  expect(inCopy({ [`${prebuilds}/node.napi.node`]: built }).tier).toBe(tier);
  // A local build that does not load is an error, not a reason to take another.
  expect(inCopy({ [built]: 'package.json', [`${prebuilds}/node.napi.node`]: built }).code).toBe(
    'KPT_ADDON_MISSING',
  );
});

test('where the system gives no thread, runs take the one that asks', () => {
  const script = `
    import { spawnSync } from 'node:child_process';
    import { InferenceSession, Tensor } from './lib/index.ts';
    import { file, relu } from './test/helpers/small-model.ts';
    const { status } = spawnSync('prlimit', ['--pid', String(process.pid), '--nproc=1:1']);
    if (process.getuid() === 0) process.setuid(65534); // the limit is not for root
    const session = await InferenceSession.create(file([relu('x', 'y')]), { intraOpNumThreads: 2 });
    const { y } = await session.run({ x: new Tensor('float32', [-1, 2, -3, 4, -5, 6], [2, 3]) });
    await session.release();
    console.log(JSON.stringify([status, [...y.data]]));`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['--import', './scripts/typescript.mjs', '--input-type=module', '--eval', script],
    { encoding: 'utf8', cwd: resolve(__dirname, '../..') },
  );
  if (stdout === '') throw new Error(stderr);
  const [status, y] = JSON.parse(stdout) as [number | null, number[]];
  // Not every system has prlimit.
  if (status === 0) expect(y).toEqual([0, 2, 0, 4, 0, 6]);
});

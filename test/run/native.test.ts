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

test('without an addon the error names the platform and the command that builds it', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-'));
  try {
    cpSync('dist', join(folder, 'dist'), { recursive: true });
    cpSync('package.json', join(folder, 'package.json'));
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'), 'dir');
    const script = join(folder, 'try.mjs');
    writeFileSync(
      script,
      `import { platform } from './dist/index.js';
      try { platform(); } catch (e) { console.log(JSON.stringify({ code: e.code, message: e.message, remedy: e.remedy })); }`,
    );
    const { stdout } = spawnSync(process.execPath, [script], { encoding: 'utf8', cwd: folder });
    const error = JSON.parse(stdout) as { code: string; message: string; remedy: string };
    expect(error.code).toBe('KPT_ADDON_MISSING');
    expect(error.message).toContain(`${process.platform}-${process.arch}`);
    expect(error.remedy).toContain('build:native');
  } finally {
    rmSync(folder, { recursive: true });
  }
});

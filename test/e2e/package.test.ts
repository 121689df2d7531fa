// The package as it is shipped: few files, all that they name is there, and what sessions do not need is not loaded with them.
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { buildSync } from 'esbuild';
import { npmModels } from '../helpers/models.js';

const root = join(__dirname, '../..');
const dist = join(root, 'dist');
const alexa = npmModels.find((model) => model.name === 'alexa')!.path;

/** Files of dist/ that loading one of them loads, and the packages that they name. */
function closureOf(entry: string): { readonly files: Set<string>; readonly packages: Set<string> } {
  const [files, packages] = [new Set<string>(), new Set<string>()];
  const visit = (file: string): void => {
    if (files.has(file)) return;
    files.add(file);
    const code = readFileSync(join(dist, file), 'utf8');
    for (const [, name] of code.matchAll(/(?:(?<!")\bfrom|(?:^|[;\n])import)\s*"([^"]+)"/g))
      if (name!.startsWith('.')) visit(join(file, '..', name!));
      else if (!name!.startsWith('node:')) packages.add(name!);
  };
  visit(entry);
  return { files, packages };
}

const inputs = 'new kompakt.Tensor("float32", new Float32Array(1536), [1, 16, 96])';
const node = (flags: readonly string[], code: string): string =>
  execFileSync(process.execPath, [...flags, '-e', code], { cwd: root, encoding: 'utf8' }).trim();

test('sessions load few files and no other package', () => {
  const { files, packages } = closureOf('index.js');
  expect(files.size).toBeLessThanOrEqual(8);
  expect([...packages]).toEqual([]);
});

test.each([
  ['that is all native', alexa],
  ['with an If', npmModels.find((model) => model.name === 'hey_jarvis')!.path],
])('code is loaded when it is needed: a model %s', (_, model) => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-late-'));
  const code = `import { _cache } from 'node:module';
    const late = () => Object.keys(_cache).map((path) => /dist.([\\w-]+)-\\w+\\.cjs$/.exec(path)?.[1]).filter(Boolean).join() || 'none';
    const kompakt = await import('./dist/index.js');
    console.log(late());
    const options = { planCache: ${JSON.stringify(folder)} };
    for (const _ of 'ab') {
      const session = await kompakt.InferenceSession.create(${JSON.stringify(model)}, options);
      await session.run({ [session.inputNames[0]]: ${inputs} });
      console.log(late());
    }
    await kompakt.quantize({}).catch(() => console.log(late()));`;
  try {
    const flags = ['--no-warnings', '--input-type=module'];
    expect(node(flags, code).split('\n')).toEqual(['none', 'models', 'models', 'models,rest,on-demand']);
    expect(node(flags, code).split('\n').slice(0, 3)).toEqual(['none', 'none', 'none']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('source maps lead back to lib/', () => {
  const maps = [...closureOf('index.js').files].map((file) => {
    expect(readFileSync(join(dist, file), 'utf8')).toContain(`//# sourceMappingURL=${file}.map`);
    return JSON.parse(readFileSync(join(dist, `${file}.map`), 'utf8')) as { sources: string[] };
  });
  expect(maps.flatMap(({ sources }) => sources)).toContain('../lib/session/session.ts');
});

test('no module is in two files: there would be two of its classes', () => {
  const files = new Map<string, string[]>();
  for (const name of readdirSync(dist).filter((file) => /\.c?js\.map$/.test(file))) {
    const { sources } = JSON.parse(readFileSync(join(dist, name), 'utf8')) as { sources: string[] };
    for (const source of sources.filter((path) => /^\.\.\/(lib|node_modules)\//.test(path)))
      files.set(source, [...(files.get(source) ?? []), name]);
  }
  expect(files.size).toBeGreaterThan(500);
  expect([...files].filter(([, all]) => all.length > 1)).toEqual([]);
});

test('npm packs all of dist, declarations and sources of the addon', () => {
  const packed = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const [{ files }] = JSON.parse(packed) as [{ files: { path: string }[] }];
  const paths = new Set(files.map(({ path }) => path));
  for (const path of [
    'dist/index.js',
    'dist/index.d.ts',
    'dist/cli/main.js',
    'dist/fresh-child.js',
    'binding.gyp',
    'scripts/install.mjs',
  ])
    expect([path, paths.has(path)]).toEqual([path, true]);
  for (const file of closureOf('index.js').files) expect(paths).toContain(`dist/${file}`);
  expect([...paths].filter((path) => path.endsWith('.js') && path.startsWith('dist/')).length).toBeLessThan(
    20,
  );
  const named = ['README.md', 'lib/errors.ts'].flatMap((file) => [
    ...readFileSync(join(root, file), 'utf8').matchAll(/\bdocs\/[\w-]+\.md/g),
  ]);
  expect(named.map(([page]) => page).filter((page) => !paths.has(page))).toEqual([]);
  expect([...paths].filter((path) => /^(lib|test|bench|docs\/api)\//.test(path))).toEqual([]);
});

const use = `const session = await kompakt.InferenceSession.create(${JSON.stringify(alexa)});
  const [input] = session.inputNames;
  const result = await session.run({ [input]: ${inputs} });
  console.log(Object.values(result)[0].data.join(), Object.keys(kompakt).length);`;

test('import and require give the same', () => {
  const imported = node(['--input-type=module'], `const kompakt = await import('./dist/index.js'); ${use}`);
  const required = node(
    ['--no-warnings', '--input-type=commonjs'],
    `const kompakt = require('./dist/index.js'); (async () => { ${use} })();`,
  );
  expect(imported).toMatch(/^[\d.e-]+ \d+$/);
  expect(required).toBe(imported);
});

test('a CommonJS bundle says that it cannot find the addon', () => {
  const { outputFiles } = buildSync({
    stdin: {
      contents: `import { InferenceSession } from './dist/index.js';
        InferenceSession.create(${JSON.stringify(alexa)}).catch((error) => console.log(error.code, error.message));`,
      resolveDir: root,
    },
    bundle: true,
    write: false,
    format: 'cjs',
    platform: 'node',
    logLevel: 'silent',
  });
  const said = execFileSync(process.execPath, ['-'], { input: outputFiles[0]!.text, encoding: 'utf8' });
  expect(said).toMatch(/^KPT_ADDON_MISSING .+ CommonJS bundle/);
});

test('functions that are loaded on demand fail as they do when loaded at once', () => {
  const code = `import { finetune, quantize } from './dist/index.js';
    for (const call of [() => quantize({}, {}), () => finetune({}, { epochs: 0 })])
      await call().catch((error) => console.log(error.code));`;
  expect(node(['--input-type=module'], code).split('\n')).toEqual([
    'KPT_OPTION_INVALID',
    'KPT_OPTION_INVALID',
  ]);
});

test('errors call models and sessions by their names', () => {
  const code = `import { buildNetwork, InferenceSession, Model } from './dist/index.js';
    const model = buildNetwork('lenet-5');
    await InferenceSession.create(model).catch((error) => console.log(error.message));
    await Model.load(InferenceSession.fromModel(model)).catch((error) => console.log(error.message));`;
  const [first, second] = node(['--input-type=module'], code).split('\n');
  expect(first).toContain('an object (Model)');
  expect(second).toContain('an object (InferenceSession)');
});

test('the command line finds its version, and fresh processes their script', () => {
  const main = join(dist, 'cli/main.js');
  expect(existsSync(main)).toBe(true);
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  expect(execFileSync(process.execPath, [main, '--version'], { encoding: 'utf8' }).trim()).toBe(version);
  const line = ['bench', alexa, '--fresh', '1', '--seconds', '0.05', '--json'];
  const report = execFileSync(process.execPath, [main, ...line], { encoding: 'utf8' });
  expect(JSON.stringify(JSON.parse(report))).toContain('"engine":"kompakt"');
});

test('a fresh process that is measuring ends with the one that has started it', async () => {
  const child = fork(join(dist, 'fresh-child.js'), { execArgv: [] });
  child.send({ model: alexa, options: { engines: ['kompakt'], seconds: 30 } });
  await new Promise((measuring) => setTimeout(measuring, 1500));
  child.disconnect();
  const start = performance.now();
  expect(await once(child, 'exit')).toEqual([1, null]);
  expect(performance.now() - start).toBeLessThan(5000);
}, 40_000);

describe('in an app', () => {
  let folder: string;
  let app: string;
  const npm = (...line: string[]): string =>
    execFileSync('npm', [...line, '--offline', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: app,
      encoding: 'utf8',
      env: { ...process.env, CXX: '/bin/false', MAKE: '/bin/false' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });

  /** What npm needs to decide whether to compile, and the addon of this build as the prebuilt one. */
  function pack(): string {
    const staged = join(folder, 'kompakt');
    for (const path of ['binding.gyp', 'scripts/install.mjs', 'native/sources.txt'])
      cpSync(join(root, path), join(staged, path));
    cpSync(
      join(root, 'build/Release/kompakt.node'),
      join(staged, `prebuilds/${process.platform}-${process.arch}/node.node`),
    );
    const { name, version, files, scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const description = { name, version, files, scripts };
    writeFileSync(join(staged, 'package.json'), JSON.stringify(description));
    return staged;
  }

  const archive = (source: string): string => {
    const [{ filename }] = JSON.parse(
      execFileSync('npm', ['pack', source, '--json', '--ignore-scripts', '--pack-destination', folder], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }),
    ) as [{ filename: string }];
    return `file:../${filename}`;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'kompakt-app-'));
    app = join(folder, 'app');
    mkdirSync(app);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('nothing is compiled where the prebuilt addon loads, with a lock file neither', () => {
    const dependencies = {
      kompakt: archive(pack()),
      'node-gyp-build': archive(join(root, 'node_modules/node-gyp-build')),
    };
    writeFileSync(join(app, 'package.json'), JSON.stringify({ name: 'app', version: '1.0.0', dependencies }));
    for (const command of ['install', 'ci']) {
      npm(command);
      expect(existsSync(join(app, 'node_modules/kompakt/binding.gyp'))).toBe(true);
      expect(existsSync(join(app, 'node_modules/kompakt/build'))).toBe(false);
    }
  }, 60_000);

  test('without a prebuilt addon it is compiled', () => {
    const staged = pack();
    rmSync(join(staged, 'prebuilds'), { recursive: true });
    cpSync(join(root, 'node_modules/node-gyp-build'), join(folder, 'node_modules/node-gyp-build'), {
      recursive: true,
    });
    const bin = join(folder, 'bin');
    mkdirSync(bin);
    writeFileSync(join(bin, 'node-gyp'), '#!/bin/sh\necho "node-gyp $*"\n', { mode: 0o755 });
    writeFileSync(join(bin, 'node-gyp-build-test'), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const said = execFileSync(process.execPath, ['scripts/install.mjs'], {
      cwd: staged,
      encoding: 'utf8',
      env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
    });
    expect(said).toBe('node-gyp rebuild\n');
  });
});

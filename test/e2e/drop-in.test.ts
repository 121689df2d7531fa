// Programs written for onnxruntime-node (test/types) work after changing the import: their types check, and they print
// the same. A third run has both packages in one process, with tensors of one fed to the other.
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { npmModels } from '../helpers/models.js';

const root = join(__dirname, '..', '..');
const programs = readdirSync(join(root, 'test/types')).filter((file) => file.endsWith('.ts'));
const model = (name: string): string => npmModels.find((m) => m.name === name)!.path;
const environment = {
  ...process.env,
  MODEL_DIRECTION: model('PP-OCR direction'),
  MODEL_WORD: model('alexa'),
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'kompakt-drop-in-'));
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the program prints when its import names `from`. */
function output(file: string, from: string): string {
  const source = readFileSync(join(root, 'test/types', file), 'utf8');
  const path = join(folder, file.replace('.ts', from.includes('/') ? '.ours.mjs' : '.theirs.mjs'));
  const { outputText } = ts.transpileModule(source.replaceAll(`'onnxruntime-node'`, `'${from}'`), {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  });
  writeFileSync(path, outputText);
  return execFileSync(process.execPath, [path], { env: environment, encoding: 'utf8' });
}

test('the types of the programs check against kompakt', () => {
  const config = join(folder, 'tsconfig.json');
  const settings = {
    extends: join(root, 'tsconfig.json'),
    compilerOptions: {
      paths: { 'onnxruntime-node': [join(root, 'lib/index.ts')] },
      typeRoots: [join(root, 'node_modules/@types')],
    },
    include: [],
    files: programs.map((file) => join(root, 'test/types', file)),
  };
  writeFileSync(config, JSON.stringify(settings));
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-p', config], {
    encoding: 'utf8',
  });
  expect(tsc.stdout).toBe('');
  expect(tsc.status).toBe(0);
}, 120_000);

test.each(programs)('%s prints the same', (file) => {
  expect(programs.length).toBeGreaterThan(2);
  const theirs = output(file, 'onnxruntime-node');
  expect(theirs.split('\n').length).toBeGreaterThan(2);
  expect(output(file, join(root, 'dist/index.js'))).toBe(theirs);
});

test('both packages work in one process and take the tensors of one another', () => {
  const path = join(folder, 'both.mjs');
  writeFileSync(
    path,
    `import * as ort from 'onnxruntime-node';
     import * as kompakt from ${JSON.stringify(join(root, 'dist/index.js'))};
     const shape = [1, 16, 96];
     const sessions = [ort, kompakt].map((p) => p.InferenceSession.create(process.env.MODEL_WORD));
     const [theirs, ours] = await Promise.all(sessions);
     const results = await Promise.all([theirs, ours].flatMap((session) => [ort, kompakt].map((p) =>
       session.run({ [session.inputNames[0]]: new p.Tensor('float32', new Float32Array(1536).fill(0.25), shape) }))));
     console.log(new Set(results.map((r) => r['13'].data[0].toFixed(4))).size);`,
  );
  expect(execFileSync(process.execPath, [path], { env: environment, encoding: 'utf8' })).toBe('1\n');
});

// The rules of the project's layout, checked: who may import whom, which file mirrors which, how long files may be,
// and that every list names exactly what is there. ARCHITECTURE.md gives the reasons.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { errorTable } from '../lib/errors.js';

const root = join(__dirname, '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

/** Files below a folder, relative to the root, sorted. */
function filesBelow(folder: string): readonly string[] {
  let entries: { name: string; isDirectory(): boolean }[];
  try {
    entries = readdirSync(join(root, folder), { withFileTypes: true });
  } catch {
    return [];
  }
  return entries
    .flatMap((entry) =>
      entry.isDirectory() ? filesBelow(`${folder}/${entry.name}`) : [`${folder}/${entry.name}`],
    )
    .sort();
}

const libFiles = filesBelow('lib').filter((path) => path.endsWith('.ts'));
const nativeFiles = filesBelow('native').filter((path) => /\.(cc|h|inc)$/.test(path));
const testFiles = filesBelow('test').filter((path) => path.endsWith('.ts'));

/** Stages from left to right; those of one line do not import one another. */
const libStages: readonly (readonly string[])[] = [
  ['errors'],
  ['tensor'],
  ['graph'],
  ['ops'],
  ['onnx', 'tflite', 'passes', 'run'],
  ['model'],
  ['session'],
  ['calibrate', 'data', 'report'],
  ['train'],
  ['compress'],
  ['bench'],
  ['explain', 'search', 'monitor'],
  ['serve'],
  ['on-demand'],
  ['index'],
  ['cli'],
];

/** base and cpu are one foundation and may use each other. */
const nativeStages: readonly (readonly string[])[] = [
  ['base', 'cpu'],
  ['simd'],
  ['kernels'],
  ['ops'],
  ['engine'],
  ['bind'],
  ['addon'],
];

const stageOf = (path: string): string => path.split('/')[1]!.replace(/\.\w+$/, '');

/** "a -> b" for every import from `from` to `to` that breaks the order. */
function violations(stages: typeof libStages, edges: readonly (readonly [string, string])[]): string[] {
  const rank = (path: string): number => stages.findIndex((names) => names.includes(stageOf(path)));
  const foundation = nativeStages[0]!;
  const free = (from: string, to: string): boolean =>
    from === to || (foundation.includes(from) && foundation.includes(to));
  return edges
    .filter(([from, to]) => !free(stageOf(from), stageOf(to)) && !(rank(to) >= 0 && rank(to) < rank(from)))
    .map(([from, to]) => `${from} -> ${to}`);
}

const libEdges = libFiles.flatMap((from) =>
  [...read(from).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(
    ([, target]) =>
      [from, relative(root, join(root, dirname(from), target!)).replace(/\.js$/, '.ts')] as const,
  ),
);
const nativeEdges = nativeFiles.flatMap((from) =>
  [...read(from).matchAll(/^#include "(native\/[^"]+)"/gm)].map(([, to]) => [from, to!] as const),
);

describe('import order', () => {
  test('every folder is a stage', () => {
    const known = libStages.flat();
    expect(libFiles.filter((path) => !known.includes(stageOf(path)))).toEqual([]);
    const knownNative = nativeStages.flat();
    expect(nativeFiles.filter((path) => !knownNative.includes(stageOf(path)))).toEqual([]);
  });

  test('lib imports from left to right only', () => {
    expect(libEdges.length).toBeGreaterThan(0);
    expect(violations(libStages, libEdges)).toEqual([]);
  });

  test('native includes from left to right only', () => {
    expect(nativeEdges.length).toBeGreaterThan(0);
    expect(violations(nativeStages, nativeEdges)).toEqual([]);
  });

  test('the command line uses the public interface only', () => {
    const outside = libEdges.filter(
      ([from, to]) => from.startsWith('lib/cli/') && !to.startsWith('lib/cli/') && to !== 'lib/index.ts',
    );
    expect(outside).toEqual([]);
  });

  test('relative imports name files that exist', () => {
    const exists = new Set(libFiles);
    expect(libEdges.filter(([, to]) => !exists.has(to))).toEqual([]);
  });

  test('one file loads the addon', () => {
    const loaders = libFiles.filter((path) => /'node-gyp-build'|dlopen/.test(read(path)));
    expect(loaders).toEqual(['lib/run/native.ts']);
  });
});

/** Tests of a topic that is more than one file; each says what it is about. */
const topics: Readonly<Record<string, string>> = {
  'test/layout.test.ts': 'this file',
  'test/cli/models.test.ts': 'the commands on a real model',
  'test/calibrate/calibrators.test.ts': 'what all calibrators promise',
  'test/ops/binary.test.ts': 'operators on two tensors',
  'test/ops/conformance.test.ts': 'what every OpDef promises',
  'test/ops/control-flow.test.ts': 'If, Loop, Scan',
  'test/ops/degenerate.test.ts': 'empty tensors and many axes',
  'test/ops/indexing.test.ts': 'Gather, Scatter and their kin',
  'test/ops/inline.test.ts': 'operators that plans take apart',
  'test/ops/lowering.test.ts': 'steps that operators emit',
  'test/ops/microsoft.test.ts': 'operators of com.microsoft',
  'test/ops/movement.test.ts': 'operators that move values',
  'test/ops/native.test.ts': 'steps against references',
  'test/ops/quantize-rule.test.ts': 'how operators take part in quantisation',
  'test/ops/random.test.ts': 'operators that draw random numbers',
  'test/ops/recent.test.ts': 'operators of opsets 23 to 26, and of com.microsoft without a float twin',
  'test/ops/reduce.test.ts': 'the reductions',
  'test/ops/sampling.test.ts': 'operators that sample, place and cut',
  'test/ops/sequences.test.ts': 'sequences and optionals',
  'test/ops/signal.test.ts': 'Fourier transforms, windows, mel filters',
  'test/ops/text.test.ts': 'operators on strings',
  'test/ops/training.test.ts': 'losses, optimisers, training modes',
  'test/ops/unwritten.test.ts': 'operators whose steps write their output in parts',
  'test/train/torch.test.ts': 'gradients and updates beside those of PyTorch',
};
/** Tests of the whole, through the public interface. */
const wholeFolder = 'test/e2e/';

describe('mirror', () => {
  test('a test is named after what it tests', () => {
    const strays = testFiles.filter((path) => {
      const match = /^test\/(.+)\.test\.ts$/.exec(path);
      if (match === null || path in topics || path.startsWith(wholeFolder)) return false;
      const subject = `lib/${match[1]}`;
      return !libFiles.includes(`${subject}.ts`) && !libFiles.some((file) => file.startsWith(`${subject}/`));
    });
    expect(strays).toEqual([]);
  });

  test('every topic is there', () => {
    expect(Object.keys(topics).filter((path) => !testFiles.includes(path))).toEqual([]);
  });
});

/** Lines of a file. Kernels are long loops written out; tests carry tables of cases. */
const budgetOf = (path: string): number => {
  if (path.startsWith('native/kernels/')) return 500;
  return path.startsWith('test/') ? 400 : 300;
};
/** Files over budget, each with its reason. */
const longer: Readonly<Record<string, { readonly lines: number; readonly why: string }>> = {};

describe('size', () => {
  const linesOf = (path: string): number => read(path).split('\n').length - 1;
  const limitOf = (path: string): number => longer[path]?.lines ?? budgetOf(path);

  test('files keep their budget', () => {
    const sources = [...libFiles, ...nativeFiles, ...testFiles, ...filesBelow('test/native')];
    const over = sources.filter((path) => linesOf(path) > limitOf(path));
    expect(over.map((path) => `${path}: ${linesOf(path)}`)).toEqual([]);
  });

  test('every exemption is needed', () => {
    const needless = Object.keys(longer).filter((path) => linesOf(path) <= budgetOf(path));
    expect(needless).toEqual([]);
  });
});

const listed = (path: string): readonly string[] =>
  read(path)
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#') && !line.startsWith('//'));

const sorted = (lines: readonly string[]): readonly string[] => [...lines].sort();

describe('lists', () => {
  test('native/sources.txt names every source file, sorted', () => {
    const lines = listed('native/sources.txt');
    expect(lines).toEqual(sorted(nativeFiles.filter((path) => path.endsWith('.cc'))));
  });

  const steps = [...read('native/ops/ops.inc').matchAll(/^STEP\((\w+), (\w+)\)$/gm)].map(
    ([, kind, make]) => ({ kind: kind!, make: make! }),
  );

  test('native/ops/ops.inc is sorted and holds nothing else', () => {
    const lines = listed('native/ops/ops.inc');
    expect(lines).toHaveLength(steps.length);
    expect(lines).toEqual(sorted(lines));
  });

  test('every step of lib/ops/steps.ts, moving-steps.ts and training-steps.ts has a maker in native/ops, and the other way round', () => {
    const kinds = ['steps', 'moving-steps', 'training-steps'].flatMap((file) => {
      const typed = read(`lib/ops/${file}.ts`);
      const params = /export interface \w*StepParams[\w, ]* \{\n([\s\S]*?)\n\}/.exec(typed)![1]!;
      return [...params.matchAll(/^ {2}(?:readonly )?'?(\w+)'?: /gm)].map(([, kind]) => kind!);
    });
    expect(steps.map((step) => step.kind)).toEqual(sorted(kinds));
    const makers = nativeFiles
      .filter((path) => path.startsWith('native/ops/') && path.endsWith('.cc'))
      .flatMap((path) =>
        [...read(path).matchAll(/^Status (Make\w+)\(const StepSpec/gm)].map(([, make]) => make!),
      );
    expect(steps.map((step) => step.make).filter((make) => !makers.includes(make))).toEqual([]);
  });

  /** Files of lib/ops that hold what all operators share. */
  const shared = [
    'common',
    'host',
    'index',
    'moving-steps',
    'op',
    'rare',
    'steps',
    'storage',
    'training-steps',
  ];

  test('lib/ops/common.ts and lib/ops/rare.ts import every operator file', () => {
    const files = readdirSync(join(root, 'lib/ops'))
      .filter((name) => name.endsWith('.ts'))
      .map((name) => name.replace('.ts', ''))
      .filter((name) => !shared.includes(name));
    const lists = ['common', 'rare'].map((list) => read(`lib/ops/${list}.ts`)).join('');
    const imported = [...lists.matchAll(/from '\.\/([\w-]+)\.js'/g)]
      .map(([, name]) => name!)
      .filter((name) => !shared.includes(name));
    expect(sorted(imported)).toEqual(sorted(files));
  });

  test('lib/cli/commands/index.ts imports every command file', () => {
    const files = readdirSync(join(root, 'lib/cli/commands')).filter((name) => name !== 'index.ts');
    const imported = [...read('lib/cli/commands/index.ts').matchAll(/from '\.\/([\w-]+)\.js'/g)];
    expect(sorted(imported.map(([, name]) => `${name}.ts`))).toEqual(sorted(files));
  });
});

test('docs/papers.md names files and folders that are there', () => {
  const rows = read('docs/papers.md').split('\n').slice(6);
  const named = rows.flatMap((row) => row.split('|')[3]?.match(/[\w-]+\/[\w./-]*\w/g) ?? []);
  expect(named.length).toBeGreaterThan(rows.length);
  expect(named.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

describe('errors', () => {
  const codes = Object.keys(errorTable);

  test('every code is asserted by a test', () => {
    const tests = testFiles.map(read).join('\n');
    expect(codes.filter((code) => !tests.includes(`'${code}'`) && !tests.includes(`[${code}`))).toEqual([]);
  });

  test('docs/errors.md lists every code with its meaning and remedy, and no other', () => {
    const page = read('docs/errors.md');
    const rows = [...page.matchAll(/^\| `(KPT_\w+)` \| (.+) \| (.+) \|$/gm)];
    expect(rows.map(([, code, meaning, remedy]) => [code, { meaning, remedy }])).toEqual(
      Object.entries(errorTable),
    );
  });

  test('codes in the source are codes of the table', () => {
    const used = [...libFiles, ...nativeFiles].flatMap((path) =>
      [...read(path).matchAll(/['"](KPT_[A-Z0-9_]+)['"]/g)].map(([, code]) => code!),
    );
    expect([...new Set(used)].filter((code) => !codes.includes(code))).toEqual([]);
  });
});

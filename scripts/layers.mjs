// Bundles lib/ in layers. The first is what index.js and the command line load at once, and all that a session with known plans
// needs. The others are files of CommonJS, each read when one of its functions is called for the first time: to read the code of
// every operator takes longer than a small model takes to load, to plan and to run. A layer is given the modules of those before
// it: were it to load them itself, there would be two of each wherever something stands between import and require (tsx, Jest).
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

/** The module that lib/index.ts loads by import(). */
const byImport = 'lib/on-demand.ts';

/** What follows the first layer: names of the files, and modules where each begins. The modules before may need functions only of
 *  those, and call them no sooner than somebody calls for what they do. */
const later = [
  {
    name: 'models',
    begins: [
      'lib/onnx/load.ts',
      'lib/ops/index.ts',
      'lib/passes/pipeline.ts',
      'lib/run/differentiate.ts',
      'lib/run/plan.ts',
    ],
  },
  {
    name: 'rest',
    begins: [
      'lib/onnx/save.ts',
      'lib/ops/rare.ts',
      'lib/session/across-rows.ts',
      'lib/session/describe-passes.ts',
      'lib/session/describe.ts',
      'lib/tflite/load.ts',
      'lib/train/evaluate.ts',
      'lib/train/step.ts',
    ],
  },
  {
    name: 'on-demand',
    begins: [
      byImport,
      'lib/train/optimizers/adam.ts',
      'lib/train/optimizers/bop.ts',
      'lib/train/optimizers/rmsprop.ts',
      'lib/train/optimizers/sgd.ts',
    ],
  },
];
const gate = 'first-call';

/** `settings` are esbuild's, absWorkingDir and outdir among them; `entryPoints` and `more` those of the first layer only. `taken`:
 *  a package that is bundled, and what all of lib/ uses of it. */
export async function buildLayers(entryPoints, settings, more, taken) {
  const root = settings.absWorkingDir;
  const exported = await exportsOf(root);
  const first = { ...more, entryPoints, splitting: true, format: 'esm' };
  const layer = (name, files) => ({
    stdin: { contents: table(files), resolveDir: root, sourcefile: `${name}.ts` },
    entryNames: `${name}-[hash]`,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    define: { ...settings.define, 'import.meta.url': 'below.url' },
    // In parentheses V8 compiles a function at once. It would read this one twice.
    banner: { js: 'module.exports = (function (below) { const module = {};' },
    footer: { js: 'return module.exports; });' },
  });
  const fromBelow = (file) => [file, codeFromBelow(file, exported.get(file))];
  /** What stands in place of the modules where the layers behind the first `count` later ones begin. */
  const gates = (count) =>
    later.flatMap(({ begins }, i) => {
      if (i < count) return [];
      return begins.map((file) => [
        file,
        file === byImport ? codeOfWhole(i + 1, file, exported.get(file)) : codeOnFirstCall(root, i + 1, file),
      ]);
    });

  /** Bundles all layers, the last one first: each hands on what those behind it ask for. Answers with the modules of each. */
  async function bundle(owned, write) {
    const bundled = async (options, modules) => {
      const plugins = [replaceModules(root, new Map(modules))];
      return (await build({ ...settings, ...options, write, bundle: true, metafile: true, plugins }))
        .metafile;
    };
    const asked = new Set(later.flatMap(({ begins }) => begins));
    const [made, files] = [[], []];
    for (const [i, { name, begins }] of [...later.entries()].reverse()) {
      const table = owned.length === 0 ? begins : owned[i + 1].filter((file) => asked.has(file));
      const given = owned.slice(0, i + 1).flat();
      const metafile = await bundled(layer(name, table), [
        ...gates(i + 1),
        ...given.map(fromBelow),
        [gate, 'export const { modulesOf } = below;'],
        [taken.name, codeFromBelow(taken.name, taken.uses)],
      ]);
      for (const file of modulesIn(metafile, 'layer:')) asked.add(file);
      made.unshift(modulesIn(metafile));
      files.unshift(basename(Object.keys(metafile.outputs).find((output) => output.endsWith('.cjs'))));
    }
    const shared = (owned[0] ?? []).filter((file) => asked.has(file));
    made.unshift(modulesIn(await bundled(first, [...gates(0), [gate, codeOfGate(shared, files, taken)]])));
    return made;
  }

  // A module belongs to the first layer that has any of it. What it hands on a layer has whole, and with that perhaps others.
  for (let owned = []; ; ) {
    const seen = new Set();
    const next = (await bundle(owned, false)).map((files) => {
      const own = files.filter((file) => !seen.has(file));
      for (const file of own) seen.add(file);
      return own.sort();
    });
    if (JSON.stringify(next) === JSON.stringify(owned)) return bundle(owned, true);
    owned = next;
  }
}

/** Names that each module of lib/ exports. */
async function exportsOf(root) {
  const modules = readdirSync(join(root, 'lib'), { recursive: true })
    .map((name) => `lib/${name.replaceAll('\\', '/')}`)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'));
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: modules,
    outdir: 'none',
    outbase: '.',
    format: 'esm',
    write: false,
    metafile: true,
  });
  return new Map(Object.values(metafile.outputs).map(({ entryPoint, exports }) => [entryPoint, exports]));
}

/** Modules of lib/ of which something is in a bundle; those of a namespace: in whose place something else is. */
function modulesIn({ outputs }, namespace = '') {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  const files = inputs
    .filter(([name, { bytesInOutput }]) => bytesInOutput > 0 && name.startsWith(`${namespace}lib/`))
    .map(([name]) => name.slice(namespace.length));
  return [...new Set(files)];
}

/** Puts other code in the place of modules. */
const replaceModules = (root, modules) => ({
  name: 'layers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /./ }, ({ path, resolveDir }) => {
      const file = path.startsWith('.')
        ? relative(root, resolve(resolveDir, path)).replaceAll('\\', '/').replace(/\.js$/, '.ts')
        : path;
      return modules.has(file) ? { path: file, namespace: 'layer' } : undefined;
    });
    onLoad({ filter: /./, namespace: 'layer' }, ({ path }) => ({
      contents: modules.get(path),
      resolveDir: path.startsWith('lib/') ? join(root, dirname(path)) : root,
    }));
  },
});

/** Code of a module that has `modules`: namespaces by the names of their files. */
const table = (files) => `${imports(files)}\nexport const modules = ${namespaces(files)};`;
const imports = (files) => files.map((file, i) => `import * as m${i} from './${file}';`).join('\n');
const namespaces = (files, more = '') =>
  `{ ${files.map((file, i) => `'${file}': m${i}, `).join('')}${more} }`;

/** Code of a module that a layer before has. */
const codeFromBelow = (name, names) =>
  `const { ${names.join(', ')} } = below.modules['${name}'];\nexport { ${names.join(', ')} };`;

/** Code of a module whose functions load a layer. */
function codeOnFirstCall(root, layer, file) {
  const code = readFileSync(join(root, file), 'utf8');
  const names = [
    ...code.matchAll(/^export (?:async )?function\*? (\w+)/gm),
    ...code.matchAll(/^export const (\w+) = (?:async )?\(/gm),
  ].map(([, name]) => name);
  const calls = names.map(
    (name) => `export const ${name} = (...given) => modulesOf(${layer})['${file}'].${name}(...given);`,
  );
  return `import { modulesOf } from '${gate}';\n${calls.join('\n')}`;
}

/** Code of a module that is loaded by import(), and a layer with it. */
const codeOfWhole = (layer, file, names) =>
  `import { modulesOf } from '${gate}';
const { ${names.join(', ')} } = modulesOf(${layer})['${file}'];
export { ${names.join(', ')} };`;

/** Code of the module that loads layers. */
const codeOfGate = (shared, files, taken) =>
  `import { loadLate } from './lib/run/late-code.ts';
import { ${taken.uses.join(', ')} } from '${taken.name}';
${imports(shared)}
const files = ${JSON.stringify(files)};
let below;
let loaded = 0;
export function modulesOf(layers) {
  below ??= {
    url: import.meta.url,
    modulesOf,
    modules: ${namespaces(shared, `'${taken.name}': { ${taken.uses.join(', ')} }`)},
  };
  for (; loaded < layers; loaded++) Object.assign(below.modules, loadLate(files[loaded])(below).modules);
  return below.modules;
}`;

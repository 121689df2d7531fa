// Bundles lib/ in layers. The first is what index.js and the command line load at once, and all that a session with known plans
// needs. The others are files of CommonJS, each read when one of its functions is called for the first time: to read the code of
// every operator takes longer than a small model takes to load, to plan and to run. A layer is given the modules of those before
// it: were it to load them itself, there would be two of each wherever something stands between import and require (tsx, Jest).
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';

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
  { name: 'on-demand', begins: ['lib/on-demand.ts'] },
];
const gate = 'first-call';

/** `settings` are esbuild's, absWorkingDir and outdir among them; `entryPoints` and `more` those of the first layer only. */
export async function buildLayers(entryPoints, settings, more) {
  const root = settings.absWorkingDir;
  const exported = await exportsOf(root);
  const bundle = async (options, modules) => {
    const plugins = [replaceModules(root, modules)];
    const { metafile } = await build({ ...settings, ...options, bundle: true, metafile: true, plugins });
    return metafile;
  };
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
  const gates = new Map(
    later.flatMap(({ begins }, i) =>
      begins.map((file) => [
        file,
        i === later.length - 1 ? whole(i + 1, file, exported.get(file)) : onFirstCall(root, i + 1, file),
      ]),
    ),
  );
  const below = (files) => files.map((file) => [file, fromBelow(file, exported.get(file))]);
  const ofLater = [gate, 'export const { modulesOf } = below;'];

  // Which module belongs where is known when everything has been bundled once: with the first layer that needs it.
  const dry = { write: false };
  const unknown = [gate, 'export const modulesOf = () => ({});'];
  const owned = [modulesIn(await bundle({ ...first, ...dry }, new Map([...gates, unknown])))];
  for (const [i, { name, begins }] of later.entries()) {
    const open = [...gates].filter(([file]) => later.findIndex((one) => one.begins.includes(file)) > i);
    const modules = new Map([...open, ofLater, ...below(owned.flat())]);
    const own = modulesIn(await bundle({ ...layer(name, begins), ...dry }, modules));
    owned.push(own.filter((file) => !owned.flat().includes(file)));
  }
  // A layer hands on what those after it need. The last is made first, then.
  const asked = new Set(later.flatMap(({ begins }) => begins));
  const files = [];
  for (const [i, { name }] of [...later.entries()].reverse()) {
    const open = [...gates].filter(([file]) => later.findIndex((one) => one.begins.includes(file)) > i);
    const modules = new Map([...open, ofLater, ...below(owned.slice(0, i + 1).flat())]);
    const made = await bundle(
      layer(
        name,
        owned[i + 1].filter((file) => asked.has(file)),
      ),
      modules,
    );
    for (const file of modulesIn(made, true)) asked.add(file);
    files.unshift(basename(Object.keys(made.outputs).find((output) => output.endsWith('.cjs'))));
  }
  const shared = owned[0].filter((file) => asked.has(file));
  await bundle(first, new Map([...gates, [gate, gateOf(shared, files)]]));
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

/** Modules of lib/ of which something is in a bundle; with `replaced` those instead in whose place something else is. */
function modulesIn({ outputs }, replaced = false) {
  const inputs = Object.values(outputs).flatMap((output) => Object.entries(output.inputs));
  return inputs
    .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
    .map(([name]) => name)
    .filter((name) => name.startsWith(replaced ? 'layer:lib/' : 'lib/'))
    .map((name) => name.replace('layer:', ''));
}

/** Puts other code in the place of modules. */
const replaceModules = (root, modules) => ({
  name: 'layers',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.|^first-call$/ }, ({ path, resolveDir }) => {
      const file =
        path === gate
          ? path
          : relative(root, resolve(resolveDir, path)).replaceAll('\\', '/').replace(/\.js$/, '.ts');
      return modules.has(file) ? { path: file, namespace: 'layer' } : undefined;
    });
    onLoad({ filter: /.*/, namespace: 'layer' }, ({ path }) => ({
      contents: modules.get(path),
      resolveDir: path === gate ? root : join(root, dirname(path)),
    }));
  },
});

/** Code of a module that has `modules`: namespaces by the names of their files. */
const table = (files) => `${imports(files)}\nexport const modules = ${namespaces(files)};`;
const imports = (files) => files.map((file, i) => `import * as m${i} from './${file}';`).join('\n');
const namespaces = (files) => `{ ${files.map((file, i) => `'${file}': m${i}`).join(', ')} }`;

/** Code of a module that a layer before has. */
const fromBelow = (file, names) =>
  `const { ${names.join(', ')} } = below.modules['${file}'];\nexport { ${names.join(', ')} };`;

/** Code of a module whose functions load a layer. */
function onFirstCall(root, layer, file) {
  const code = readFileSync(join(root, file), 'utf8');
  const names = [
    ...code.matchAll(/^export (?:async )?function\*? ?(\w+)/gm),
    ...code.matchAll(/^export async function\* (\w+)/gm),
    ...code.matchAll(/^export const (\w+) = (?:async )?\(/gm),
  ].map(([, name]) => name);
  const calls = [...new Set(names)].map(
    (name) => `export const ${name} = (...given) => modulesOf(${layer})['${file}'].${name}(...given);`,
  );
  return `import { modulesOf } from '${gate}';\n${calls.join('\n')}`;
}

/** Code of a module that is loaded by import(), and a layer with it. */
const whole = (layer, file, names) =>
  `import { modulesOf } from '${gate}';
const { ${names.join(', ')} } = modulesOf(${layer})['${file}'];
export { ${names.join(', ')} };`;

/** Code of the module that loads layers. */
const gateOf = (shared, files) =>
  `import { loadLate } from './lib/run/late-code.ts';
${imports(shared)}
const files = ${JSON.stringify(files)};
let below;
let loaded = 0;
export function modulesOf(layers) {
  below ??= { url: import.meta.url, modulesOf, modules: ${namespaces(shared)} };
  for (; loaded < layers; loaded++) Object.assign(below.modules, loadLate(files[loaded])(below).modules);
  return below.modules;
}`;

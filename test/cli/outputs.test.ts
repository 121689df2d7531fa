// Outputs that would replace inputs, or one another, or what is protected: refused before any work.
import { chmodSync, linkSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { commands } from '../../lib/cli/commands/index.js';
import { folder } from '../helpers/data-files.js';
import { kompakt } from '../helpers/kompakt.js';

const path = (name: string): string => join(folder, name);

/** What files hold does not matter: no command comes so far as to read them. */
function made(name: string): string {
  writeFileSync(path(name), name);
  return path(name);
}

const model = made('m.onnx');
const other = made('other.onnx');
const data = made('samples.npy');
const json = made('preprocess.json');
const recipe = made('small.recipe.json');
mkdirSync(path('photos'));
mkdirSync(path('photos/cat'));
const photo = made('photos/cat/1.jpg');
mkdirSync(path('results'));
const earlier = made('results/0-y.npy');
symlinkSync(model, path('link.onnx'));
linkSync(model, path('hard.onnx'));
writeFileSync(json, '{}');

const from = ['--data', `npy:${data}`];

test.each([
  ['the model', ['quantize', model, ...from, '-o', model]],
  ['another path to it', ['quantize', model, ...from, '-o', join(folder, 'results', '..', 'm.onnx')]],
  ['a relative path to it', ['quantize', model, ...from, '-o', relative(process.cwd(), model)]],
  ['a link to it', ['quantize', model, ...from, '-o', path('link.onnx')]],
  ['a hard link to it', ['quantize', model, ...from, '-o', path('hard.onnx')]],
  ['the model through a link', ['prune', path('link.onnx'), '--sparsity', '0.5', '-o', model]],
  ['data', ['quantize', model, ...from, '-o', data]],
  ['labels', ['finetune', model, '--data', `idx:${data},${json}`, '-o', json]],
  ['a picture', ['quantize', model, '--data', `images:${path('photos')}`, '-o', photo]],
  ['samples to judge by', ['prune', model, '--sparsity', '0.5', '--eval', `npy:${data}`, '-o', data]],
  ['a preprocess file', ['quantize', model, ...from, '--preprocess', json, '-o', json]],
  ['a teacher', ['distill', model, '--teacher', other, ...from, '-o', other]],
  ['a second teacher', ['binarize', model, '--teacher', model, '--teacher', other, ...from, '-o', other]],
  ['a recipe', ['compress', model, ...from, '--recipe', recipe, '-o', recipe]],
  ['a model, by a report', ['explain', other, model, ...from, '--report', model]],
  ['a model, by a journal', ['tune', model, ...from, '--journal', model, '-o', path('new.onnx')]],
  ['a model, by a log', ['finetune', model, ...from, '--log', model, '-o', path('new.onnx')]],
  ['a model, by curves', ['finetune', model, ...from, '--curves', model, '-o', path('new.onnx')]],
  ['a model, by a checkpoint', ['finetune', model, ...from, '--checkpoint', model, '-o', path('new.onnx')]],
  ['a model, by plans', ['bench', model, '--plan-cache', model]],
  ['a model, by a baseline', ['baseline', model, ...from, '-o', model]],
  ['an earlier result', ['run', model, '--input', `x=${earlier}`, '-o', path('results')]],
  ['another output', ['tune', model, ...from, '--journal', path('n.json'), '--report', path('n.json')]],
  [
    'the recipe beside the output',
    ['compress', model, ...from, '--report', path('n.recipe.json'), '-o', path('n.onnx')],
  ],
])('an output that is %s is refused', async (_, argv) => {
  const { code, err } = await kompakt(...argv);
  expect(err).toMatch(
    /^error\[KPT_USAGE\]: .+ would write '.+', which is the file '.+' of .+\. Name another/,
  );
  expect(code).toBe(2);
  for (const file of [model, data, other, recipe, photo, earlier])
    expect(readFileSync(file, 'utf8')).toBe(relative(folder, file));
});

test('a recipe may be applied to the output that it stands beside', async () => {
  const { err } = await kompakt('compress', model, ...from, '--recipe', recipe, '-o', path('small.onnx'));
  expect(err).toContain('KPT_ONNX_MALFORMED');
});

test.each([
  ['quantize', '-o'],
  ['prune', '-o'],
  ['finetune', '-o'],
  ['finetune', '--log'],
  ['explain', '--report'],
])('%s %s on a read-only file is refused before the model is read', async (command, flag) => {
  const kept = made(`kept-${command}${flag}`);
  chmodSync(kept, 0o444);
  const models = command === 'explain' ? [model, model] : [model];
  const how = command === 'prune' ? ['--sparsity', '0.5'] : from;
  const { code, err } = await kompakt(command, ...models, ...how, flag, kept);
  expect(err).toContain(`error[KPT_FILE_WRITE]: The file '${kept}' cannot be written: it is read-only.`);
  expect([code, readFileSync(kept, 'utf8')]).toEqual([1, relative(folder, kept)]);
});

test('options and arguments that name files say whether they are read or written', () => {
  const silent = commands.flatMap(({ name, options, arguments: args }) => [
    ...options
      .filter(({ flags, description }) =>
        /<(name=)?(file|folder|path|source)|a file/.test(flags + description),
      )
      .filter(({ flags }) => flags.includes('<'))
      .filter(({ reads, writes }) => (reads ?? writes) === undefined)
      .map(({ flags }) => `${name} ${flags}`),
    ...args.filter(({ reads }) => reads === undefined).map((argument) => `${name} ${argument.name}`),
  ]);
  // A budget: how much smaller the file shall be.
  expect(silent).toEqual(['compress --ratio <factor>']);
});

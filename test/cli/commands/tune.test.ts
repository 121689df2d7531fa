// kompakt tune: files in, table, options that the method's command takes, and the model that it makes of them.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { folder } from '../../helpers/data-files.js';
import { kompakt } from '../../helpers/kompakt.js';
import { pictureFiles } from '../../helpers/pictures.js';

const data = pictureFiles(join(folder, 'train'), 120, 1);
const judged = pictureFiles(join(folder, 'judged'), 40, 2);
const path = (name: string): string => join(folder, name);
const common = [
  ...['preset:lenet-300-100', '--width', '0.05', '--classes', '4', '--input', '1,8,8', '--data', data],
  ...['--preprocess', '{"scale":0.00392156862745098}', '--threads', '1'],
];
const short = [...common, '--eval', judged, '--trials', '3', '--epochs', '2'];
const space = '{"batch":[8,16],"learningRate":{"min":0.001,"max":0.1,"scale":"log"}}';

test('the options that are found make the same model', async () => {
  writeFileSync(path('space.json'), space);
  const found = await kompakt(
    'tune',
    ...short,
    '--space',
    path('space.json'),
    '-o',
    path('a.onnx'),
    '--json',
  );
  expect([found.code, found.err]).toEqual([0, '']);
  const { report } = JSON.parse(found.out);
  expect(report).toMatchObject({ method: 'finetune', trainingSamples: 108, validationSamples: 12 });
  expect(report.test.samples).toBe(40);
  writeFileSync(path('best.json'), JSON.stringify(report.options));
  const made = await kompakt('finetune', ...common, '--options', path('best.json'), '-o', path('b.onnx'));
  expect(made.code).toBe(0);
  expect(readFileSync(path('b.onnx'))).toEqual(readFileSync(path('a.onnx')));
});

test('a table for people', async () => {
  const { code, out } = await kompakt('tune', ...short, '--space', space, '-o', path('c.onnx'));
  expect(code).toBe(0);
  expect(out).toMatch(/trial +became +epochs +right % +loss +seconds +tried\n/);
  expect(out).toMatch(/best \d +finished +2/);
  expect(out).toContain('the defaults');
  expect(out).toMatch(/Options for kompakt finetune --options:\n\{.*"epochs":2,"seed":0\}/);
  expect(out).toMatch(/of 40 test samples +right +share +95 %/);
  expect(out).toMatch(/Tun(ing|ed) /);
});

test.each([
  [['--data', data], 'KPT_USAGE', '--output'],
  [['-o', path('d.onnx')], 'KPT_USAGE', '--data'],
  [['-o', path('d.onnx'), '--data', data, '--space', '{"rate":[1]}'], 'KPT_OPTION_INVALID', 'rate'],
  [
    ['-o', path('d.onnx'), '--data', data, '--space', path('none.json')],
    'KPT_USAGE',
    'a JSON object or the path of a file that can be read',
  ],
  [['-o', path('d.onnx'), '--data', data, '--algorithm', 'luck'], 'KPT_USAGE', 'random'],
])('%j', async (args, code, message) => {
  const { err } = await kompakt('tune', 'preset:lenet-300-100', '--input', '1,8,8', ...args);
  expect(err).toContain(`error[${code}]`);
  expect(err).toContain(message);
});

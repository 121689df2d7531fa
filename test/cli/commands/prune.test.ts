// kompakt prune: whole channels and small weights leave; a table by layer, one JSON document, and what is bad usage.
import { join } from 'node:path';
import { Model } from '../../../lib/model/model.js';
import { buildNetwork } from '../../../lib/train/networks/index.js';
import { folder } from '../../helpers/data-files.js';
import { kompakt } from '../../helpers/kompakt.js';
import { pictureFiles } from '../../helpers/pictures.js';

const [net, small] = ['prunable.onnx', 'pruned.onnx'].map((name) => join(folder, name)) as [string, string];
const data = pictureFiles(join(folder, 'prune-data'), 64, 1);

beforeAll(() => buildNetwork('resnet-8', { input: [1, 8, 8], classes: 4, seed: 1 }).save(net));

test('channels: a row for each layer, with the reason where it stays whole', async () => {
  const { code, out, err } = await kompakt('prune', net, '--macs', '0.6', '-o', small);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^layer +channels +left +MACs/);
  expect(out).toMatch(/4 +4 .* they are an output of the model/);
  expect(out).toMatch(/all .* 5\d\.\d %/);
  expect((await Model.load(small)).toBytes().length).toBeLessThan(
    0.8 * (await Model.load(net)).toBytes().length,
  );
});

test('one JSON document; samples for importances that look at gradients', async () => {
  const details = ['--importance', 'taylor', '--round-to', '4', '--scope', 'uniform', '--data', data];
  const { code, out } = await kompakt(
    ...[
      'prune',
      net,
      '--channels',
      '0.5',
      ...details,
      '--batch',
      '32',
      '--eval',
      data,
      '--json',
      '-o',
      small,
    ],
  );
  expect(code).toBe(0);
  const { report } = JSON.parse(out);
  expect(report.channels).toMatchObject({ importance: 'taylor', scope: 'uniform' });
  expect(report.accuracyAfter).toEqual(expect.any(Number));
});

test('a threshold', async () => {
  const { code, out } = await kompakt('prune', net, '--threshold', '0.01', '--json', '-o', small);
  expect([code, JSON.parse(out).report.channels]).toEqual([0, null]);
});

test.each([
  [[], /Exactly one of --sparsity/],
  [['--sparsity', '0.5', '--macs', '0.5'], /Exactly one of --sparsity/],
  [['--sparsity', '0.5', '--importance', 'l1'], /--importance needs --channels or --macs/],
  [['--threshold', '0.1', '--distribution', 'lamp'], /--distribution needs --sparsity/],
  [['--channels', '0.2', '--importance', 'best'], /batch-norm, fpgm/],
])('%j is bad usage', async (given, message) => {
  const { code, err } = await kompakt('prune', net, ...given, '-o', small);
  expect([code, err]).toEqual([2, expect.stringMatching(message)]);
});

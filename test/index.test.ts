// What programs without types meet first: functions of the package called without what they need.
import * as kompakt from '../lib/index.js';
import { buildNetwork } from '../lib/train/networks/index.js';

const model = buildNetwork('small-vgg', { input: [1, 16, 16], classes: 2, width: 0.125, seed: 3 });
const forgetful = kompakt as unknown as Record<string, (...given: unknown[]) => Promise<unknown>>;

test.each([
  ['quantize', [model]],
  ['prune', [model]],
  ['finetune', [model]],
  ['distill', [model]],
  ['binarize', [model]],
  ['compress', [model]],
  ['tune', [model]],
  ['explain', [model, model]],
  ['compare', [model, model]],
  ['applyRecipe', [model, { steps: [{ method: 'quantize' }] }]],
  ['evaluate', [model]],
  ['recordBaseline', [model]],
  ['InferenceSession.create', []],
] as const)('%s without its last argument says what is missing', async (name, given) => {
  const call =
    name === 'InferenceSession.create'
      ? () => kompakt.InferenceSession.create(undefined as never)
      : () => forgetful[name]!(...given);
  await expect(call()).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

/** Functions with what comes behind their first argument. */
const byFirstArgument: [name: string, ...rest: unknown[]][] = [
  ['quantize', { data: [] }],
  ['prune', { sparsity: 0.5 }],
  ['finetune', { data: [] }],
  ['distill', { data: [] }],
  ['binarize', { data: [] }],
  ['compress', { data: [] }],
  ['tune', { method: 'quantize', data: [] }],
  ['explain', model, { data: [] }],
  ['compare', model, { data: [] }],
  ['applyRecipe', { steps: [] }, { data: [] }],
  ['evaluate', []],
  ['recordBaseline', []],
  ['describePasses'],
  ['openSamples', model],
  ['bench'],
  ['benchFresh'],
  ['monitor'],
  ['schedule'],
  ['govern', { targetMs: 5 }],
  ['compileStep'],
  ['differentiate', 'loss', []],
  ['buildNetwork'],
  ['dataFiles'],
  ['saveNpy', new kompakt.Tensor('float32', [1], [1])],
  ['concreteShapes', {}],
  ['shapeExample', {}],
  ['table', []],
  ['explainText'],
  ['explainPage'],
  ['compressPage', 'title'],
];

/** The others take a text. */
const takers = byFirstArgument.filter(
  ([name]) => !['buildNetwork', 'dataFiles', 'benchFresh', 'bench', 'saveNpy'].includes(name),
);
test.each(takers)('%s with a path as the first argument says what it expects', async (name, ...rest) => {
  const call = async () => forgetful[name]!('net.onnx', ...rest);
  await expect(call()).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringMatching(/^Expected .* for .* but received/),
  });
});

test.each([
  ['quantize', 'Model.load', []],
  ['applyRecipe', 'Model.load', [{ steps: [] }, { data: [] }]],
  ['monitor', 'InferenceSession.create', []],
] as const)('%s says how a path becomes what it takes', async (name, made, rest) => {
  await expect(forgetful[name]!('net.onnx', ...rest)).rejects.toMatchObject({
    message: expect.stringContaining(`await ${made}(path)`),
  });
});

const data = [{ feeds: { x: new kompakt.Tensor('float32', [1], [1]) }, label: 0 }];
test.each(['net.onnx', null, 5, [model, 'net.onnx']])('%p is no teacher', async (teacher) => {
  const given = { data, teacher: teacher as never };
  for (const call of [
    () => kompakt.distill(model, given),
    () => kompakt.binarize(model, given),
    () => kompakt.tune(model, { method: 'distill', ...given }),
  ])
    await expect(call()).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(
        /^Expected a Model, .* for option teacher of (distill|binarize|tune) but received/,
      ),
    });
});

describe.each([undefined, null, 5, {}])('%p as the first argument', (given) => {
  test.each(byFirstArgument)('%s says what it expects', async (name, ...rest) => {
    const call = async () => forgetful[name as string]!(given, ...rest);
    await expect(call()).rejects.toMatchObject({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringMatching(/^Expected .* for .* but received/),
    });
  });

  test('InferenceSession.fromModel() and openSamples() say that it is no model', () => {
    const said = expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining('a Model, as Model.load() gives one,'),
    });
    expect(() => kompakt.InferenceSession.fromModel(given as never)).toThrow(said);
    expect(() => kompakt.openSamples({ data: 'folder:x' }, given as never)).toThrow(said);
  });
});

test('govern() and table() say what is wrong in or behind the first argument', async () => {
  const wrong = { code: 'KPT_OPTION_INVALID', message: expect.stringContaining('a session') };
  await expect(kompakt.govern([{} as never], { targetMs: 5 })).rejects.toMatchObject(wrong);
  for (const call of [() => kompakt.table([], undefined as never), () => kompakt.systemAdvice(null as never)])
    expect(call).toThrow(expect.objectContaining({ code: 'KPT_OPTION_INVALID' }));
});

test('saveBaseline() writes no file of what is no baseline', async () => {
  const saved = kompakt.saveBaseline('/nowhere/baseline.json', undefined as never);
  await expect(saved).rejects.toMatchObject({ code: 'KPT_BASELINE_INVALID' });
});

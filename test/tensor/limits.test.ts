// What a model may take: sizes that are declared, or that only the data tells, are refused before memory is taken, and loops end.
import { isKompaktError } from '../../lib/errors.js';
import { attr } from '../../lib/graph/attribute.js';
import { InferenceSession } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { toTensor } from '../../lib/session/feeds.js';
import { checkHostElements, checkMemory, maxTurns } from '../../lib/tensor/limits.js';
import { fromNumbers, i64, type TensorValue } from '../../lib/tensor/tensor.js';
import { type FileOptions, fileGraph, onnxFile, ramp } from '../helpers/onnx-file.js';

const before = { ...process.env };
beforeEach(() => {
  process.env.KOMPAKT_MEMORY_LIMIT = '64';
});
afterEach(() => {
  for (const name of ['KOMPAKT_MEMORY_LIMIT', 'KOMPAKT_LOOP_LIMIT'])
    if (before[name] === undefined) delete process.env[name];
    else process.env[name] = before[name];
});

const tooLarge = expect.objectContaining({ code: 'KPT_TOO_LARGE' });
const what = () => 'It';

test('small pieces always fit, large ones up to the limit', () => {
  process.env.KOMPAKT_MEMORY_LIMIT = '0.5';
  expect(() => checkMemory(2 ** 24, what)).not.toThrow();
  expect(() => checkMemory(2 ** 24 + 1, what)).toThrow(tooLarge);
  process.env.KOMPAKT_MEMORY_LIMIT = '64';
  expect(() => checkMemory(2 ** 26, what)).not.toThrow();
  expect(() => checkMemory(2 ** 26 + 1, what)).toThrow(tooLarge);
  expect(() => checkHostElements(2 ** 20 + 1, what)).toThrow(tooLarge);
});

test('without a limit it is what the machine has', () => {
  delete process.env.KOMPAKT_MEMORY_LIMIT;
  expect(() => checkMemory(2 ** 25, what)).not.toThrow();
  for (const bytes of [2 ** 60, Number.POSITIVE_INFINITY])
    expect(() => checkMemory(bytes, what)).toThrow(tooLarge);
});

test.each(['lots', '-1', '0'])('%s is no limit', (text) => {
  process.env.KOMPAKT_LOOP_LIMIT = text;
  expect(maxTurns).toThrow(expect.objectContaining({ code: 'KPT_OPTION_INVALID' }));
});

function codeOf(model: Omit<FileOptions, 'opset'>): string {
  const session = InferenceSession.fromModel(Model.loadSync(onnxFile({ opset: 18, ...model })));
  try {
    const feeds = Object.entries(model.inputs ?? {}).map(([name, value]) => [name, toTensor(value)]);
    session.runSync(Object.fromEntries(feeds));
    return 'none';
  } catch (error) {
    if (isKompaktError(error)) return error.code;
    throw error;
  } finally {
    void session.release();
  }
}

const scalar = (value: number): TensorValue => i64([value], []);
const many = [70_000, 70_000];

/** Inputs of one node that makes too much of them. */
const greedy: Readonly<Record<string, readonly TensorValue[]>> = {
  ConstantOfShape: [i64(many)],
  Expand: [ramp('float32', [1]), i64(many)],
  Tile: [ramp('float32', [2, 2]), i64(many)],
  Range: [scalar(0), scalar(2 ** 40), scalar(1)],
  Resize: [ramp('float32', [1, 1, 2, 2]), ramp('float32', [0]), ramp('float32', [0]), i64([1, 1, ...many])],
  Pad: [ramp('float32', [2, 2]), i64([0, 0, ...many])],
  HannWindow: [scalar(2 ** 40)],
};

describe.each(Object.entries(greedy))('%s', (op, values) => {
  const names = values.map((_, i) => `i${i}`);
  const all = Object.fromEntries(values.map((value, i) => [`i${i}`, value]));
  const last = op === 'HannWindow' || op === 'Range' || op === 'ConstantOfShape' ? 0 : 1;
  const nodes = [{ op, inputs: names, outputs: ['y'] }];
  const outputs = { y: 'float32' } as const;

  test('of sizes in the file', () => {
    const inputs = Object.fromEntries(Object.entries(all).slice(0, last));
    const constants = Object.fromEntries(Object.entries(all).slice(last));
    expect(codeOf({ inputs, constants, nodes, outputs })).toBe('KPT_TOO_LARGE');
  });

  test('of sizes that are fed', () => {
    expect(codeOf({ inputs: all, nodes, outputs })).toBe('KPT_TOO_LARGE');
  });
});

test('of a size that only the result tells', () => {
  const x = fromNumbers('bool', [2 ** 22, 1, 1, 1], new Uint8Array(2 ** 22).fill(1));
  const nodes = [{ op: 'NonZero', inputs: ['x'], outputs: ['y'] }];
  expect(codeOf({ inputs: { x }, nodes, outputs: { y: 'int64' } })).toBe('KPT_TOO_LARGE');
});

test('a loop without end ends', () => {
  process.env.KOMPAKT_LOOP_LIMIT = '20';
  const yes = fromNumbers('bool', [], [1]);
  const body = fileGraph({
    inputs: { i: scalar(0), c: yes, v: ramp('float32', [2]) },
    nodes: [
      { op: 'Identity', inputs: ['c'], outputs: ['co'] },
      { op: 'Neg', inputs: ['v'], outputs: ['vo'] },
    ],
    outputs: { co: 'bool', vo: 'float32' },
  });
  const loop = (turns: number) => ({
    inputs: { x: ramp('float32', [2]) },
    constants: { yes, turns: scalar(turns) },
    nodes: [{ op: 'Loop', inputs: ['turns', 'yes', 'x'], outputs: ['y'], subgraphs: { body } }],
    outputs: { y: 'float32' } as const,
  });
  expect(codeOf(loop(20))).toBe('none');
  expect(codeOf(loop(2 ** 40))).toBe('KPT_TOO_LARGE');
});

test('values that grow with every node', () => {
  const nodes = Array.from({ length: 30 }, (_, i) => ({
    op: 'Concat',
    inputs: [i === 0 ? 'x' : `v${i - 1}`, i === 0 ? 'x' : `v${i - 1}`],
    outputs: [`v${i}`],
    attributes: { axis: attr.int(0) },
  }));
  expect(codeOf({ inputs: { x: ramp('float32', [4]) }, nodes, outputs: { v29: 'float32' } })).toBe(
    'KPT_TOO_LARGE',
  );
});

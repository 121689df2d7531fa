// Files that are not what they say, and files that ask for what is not there: always an error with a code, never a
// crash or a hang.
import { isKompaktError, KompaktError } from '../../lib/errors.js';
import { verify } from '../../lib/graph/verify.js';
import { Model } from '../../lib/model/model.js';
import { prepareForRun } from '../../lib/passes/pipeline.js';
import { InferenceSession } from '../../lib/session/session.js';
import { codeOf } from '../helpers/small-model.js';
import {
  type FileOperator,
  type FileTensor,
  int32,
  type TfliteFile,
  tfliteFile,
} from '../helpers/tflite-file.js';
import { integerNet, movingNet } from '../helpers/tflite-nets.js';

const nets = [
  ['integers', integerNet],
  ['floats', movingNet],
] as const;

/** Loads and perhaps optimises; true when that works, false when it ends with an error of ours. */
function survives(bytes: Uint8Array, optimizes: boolean): boolean {
  try {
    const { graph } = Model.loadSync(bytes);
    verify(optimizes ? prepareForRun(verify(graph)) : graph);
    return true;
  } catch (error) {
    if (isKompaktError(error) && error.code !== 'KPT_INTERNAL') return false;
    throw error;
  }
}

/** A model of one operator on x (float32 [1,4,4,2] unless given) with output y. */
function oneOperator(
  operator: Partial<FileOperator>,
  tensors: Readonly<Record<string, FileTensor>> = {},
  rest: Partial<TfliteFile> = {},
): Uint8Array {
  return tfliteFile({
    inputs: ['x'],
    outputs: ['y'],
    tensors: { x: { dims: [1, 4, 4, 2] }, y: { dims: [1, 4, 4, 2] }, ...tensors },
    operators: [{ kind: 'RELU', inputs: ['x'], outputs: ['y'], ...operator }],
    ...rest,
  });
}

describe('hostile files', () => {
  test.each(nets)('%s: the whole file loads and plans', (_, net) => {
    const session = InferenceSession.fromModel(Model.loadSync(tfliteFile(net)));
    expect(session.describe().nodes.every((node) => node.native)).toBe(true);
  });

  test.each(nets)('%s: cut at every 16th byte', (_, net) => {
    const bytes = tfliteFile(net);
    for (let length = 8; length < bytes.length; length += 16) survives(bytes.subarray(0, length), true);
  });

  test.each(nets)(
    '%s: 2000 random bytes changed',
    (_, net) => {
      const bytes = tfliteFile(net);
      let state = 12345;
      const random = (below: number): number => {
        state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
        return Math.floor((state / 2 ** 32) * below);
      };
      let refused = 0;
      for (let i = 0; i < 2000; i++) {
        const changed = bytes.slice();
        // Not the identifier: without it the file is read as ONNX.
        changed[[random(4), 8 + random(bytes.length - 8)][Number(random(50) > 0)]] = random(256);
        if (!survives(changed, i % 8 === 0)) refused++;
      }
      expect(refused).toBeGreaterThan(100);
    },
    120_000,
  );

  test('eight bytes with the identifier', () => {
    expect(codeOf(Uint8Array.from([8, 0, 0, 0, 84, 70, 76, 51]))).toBe('KPT_TFLITE_MALFORMED');
  });

  test('a scale that is not above zero', () => {
    const bytes = oneOperator({}, { x: { dims: [2], type: 'int8', scale: [-1, 0] } });
    expect(codeOf(bytes)).toBe('KPT_TFLITE_MALFORMED');
  });

  test('a constant with too few bytes', () => {
    const c: FileTensor = { dims: [3], data: Float32Array.of(1, 2) };
    expect(codeOf(oneOperator({ kind: 'ADD', inputs: ['x', 'c'] }, { c }))).toBe('KPT_TFLITE_MALFORMED');
  });

  test('a shape beyond all memory', () => {
    expect(codeOf(oneOperator({}, { x: { dims: [65536, 65536] } }))).toBe('KPT_TOO_LARGE');
  });

  test('a tensor that nothing makes, and one that is made twice', () => {
    const late = oneOperator({ inputs: ['z'] }, { z: { dims: [2] } });
    expect(codeOf(late)).toBe('KPT_TFLITE_MALFORMED');
    const relu: FileOperator = { kind: 'RELU', inputs: ['x'], outputs: ['y'] };
    expect(codeOf(oneOperator({}, {}, { operators: [relu, relu] }))).toBe('KPT_TFLITE_MALFORMED');
  });

  test.each([0, -3])('a stride of %i', (stride) => {
    const options = { 1: int32(stride), 2: int32(1), 3: int32(2), 4: int32(2) };
    expect(codeOf(oneOperator({ kind: 'MAX_POOL_2D', options }))).toBe('KPT_TFLITE_MALFORMED');
  });
});

describe('what is not supported is named', () => {
  const messageOf = (bytes: Uint8Array): string => {
    try {
      Model.loadSync(bytes);
    } catch (error) {
      if (error instanceof KompaktError) return `${error.code}: ${error.message}`;
      throw error;
    }
    return 'none';
  };

  test('operators, all of them in one error', () => {
    const operators: FileOperator[] = [
      { kind: 'RFFT2D', inputs: ['x'], outputs: ['z'] },
      { kind: 'CUSTOM', custom: 'MyDetector', inputs: ['z'], outputs: ['y'] },
    ];
    const bytes = oneOperator({}, { z: { dims: [2] } }, { operators });
    expect(messageOf(bytes)).toMatch(/^KPT_TFLITE_UNSUPPORTED_OP: .*RFFT2D, CUSTOM "MyDetector"/);
    expect(codeOf(bytes)).toBe('KPT_TFLITE_UNSUPPORTED_OP');
  });

  test('types, quantisation to 16 bits, versions of the schema', () => {
    expect(messageOf(oneOperator({}, { x: { dims: [2], type: 'string' } }))).toMatch(
      /^KPT_TFLITE_UNSUPPORTED: .*Element type 5 of tensor 0 'x'/,
    );
    const x16: FileTensor = { dims: [2], type: 'int16', scale: [0.1, 0] };
    expect(messageOf(oneOperator({}, { x: x16 }))).toMatch(/'x' to int16/);
    expect(codeOf(oneOperator({}, {}, { version: 2 }))).toBe('KPT_TFLITE_UNSUPPORTED');
  });
});

describe('names', () => {
  test('inputs and outputs keep theirs, with type and shape', () => {
    const { graph, metadata } = Model.loadSync(tfliteFile(integerNet));
    expect(graph.inputs).toEqual([{ name: 'image', dtype: 'int8', dims: [1, 9, 8, 3] }]);
    expect(graph.outputs).toEqual([{ name: 'classes', dtype: 'int8', dims: [1, 3] }]);
    expect(metadata.docString).toBe('made for tests');
  });

  test('empty names and names of several tensors get one of their own', () => {
    const tensors = {
      x: { dims: [2], name: 'same' },
      z: { dims: [2], name: '' },
      y: { dims: [2], name: 'same' },
    };
    const operators: FileOperator[] = [
      { kind: 'RELU', inputs: ['x'], outputs: ['z'] },
      { kind: 'TANH', inputs: ['z'], outputs: ['y'] },
    ];
    const { graph } = Model.loadSync(oneOperator({}, tensors, { operators }));
    expect(graph.inputs[0].name).toBe('same');
    expect(graph.outputs[0].name).toBe('same_1');
  });
});

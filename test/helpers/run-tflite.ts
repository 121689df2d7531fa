// Loads a TensorFlow Lite file and runs it twice, by the references and natively after all passes; both must agree.
import { Model } from '../../lib/model/model.js';
import { runReference } from '../../lib/run/reference.js';
import { toTensor } from '../../lib/session/feeds.js';
import { InferenceSession } from '../../lib/session/session.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { f32, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { randomFloats } from './random-floats.js';
import { type FileOperator, type FileTensor, type TfliteFile, tfliteFile } from './tflite-file.js';

/** Values of the outputs in order. Integers may differ by `steps` between the two runs, floats by 1e-5. */
export function runTflite(
  file: TfliteFile,
  feeds: Readonly<Record<string, TensorValue>>,
  steps = 0,
): readonly (readonly number[])[] {
  const model = Model.loadSync(tfliteFile(file));
  const slow = runReference(model.graph, new Map(Object.entries(feeds)));
  const session = InferenceSession.fromModel(model);
  const fast = session.runSync(
    Object.fromEntries(Object.entries(feeds).map(([name, v]) => [name, toTensor(v)])),
  );
  void session.release();
  return model.graph.outputs.map(({ name, dtype, dims }) => {
    const expected = toNumbers(slow.get(name)!);
    expect(fast[name].dims).toEqual(dims);
    expect(slow.get(name)!.dims).toEqual(dims);
    const tolerance = dtype === 'float32' ? 1e-5 : steps;
    [...(fast[name].data as Float32Array)].forEach((v, i) => {
      expect(Math.abs(Number(v) - expected[i])).toBeLessThanOrEqual(
        tolerance * Math.max(1, Math.abs(expected[i])),
      );
    });
    return [...expected];
  });
}

export const floats = (dims: Dims, seed = 1): Float32Array => randomFloats(sizeOf(dims), seed, 2);

export const ints = (...values: number[]): FileTensor => ({
  dims: [values.length],
  type: 'int32',
  data: Int32Array.from(values),
});

/** Result of one float operator with input x, floats(x dims), and output y. */
export function runOperator(
  x: Dims,
  y: Dims,
  operator: Omit<FileOperator, 'inputs' | 'outputs'> & { readonly inputs?: readonly string[] },
  constants: Readonly<Record<string, FileTensor>> = {},
): readonly number[] {
  const file = {
    inputs: ['x'],
    outputs: ['y'],
    tensors: { x: { dims: x }, y: { dims: y }, ...constants },
    operators: [{ inputs: ['x'], outputs: ['y'], ...operator }],
  };
  return runTflite(file, { x: f32(x, floats(x)) })[0];
}

export function expectClose(got: readonly number[], wanted: ArrayLike<number>, tolerance = 1e-5): void {
  expect(got).toHaveLength(wanted.length);
  got.forEach((v, i) => {
    expect(Math.abs(v - wanted[i])).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(wanted[i])));
  });
}

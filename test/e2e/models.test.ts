// Whole models in float32 against onnxruntime-node: every output within 1e-4 of its largest magnitude (at least 1).
import * as ort from 'onnxruntime-node';
import { InferenceSession } from '../../lib/session/session.js';
import { extraModels, npmModels, signal, type TestModel } from '../helpers/models.js';

const size = (dims: readonly number[]): number => dims.reduce((a, b) => a * b, 1);

function feedsFor(shapes: Readonly<Record<string, readonly number[]>>): Record<string, ort.Tensor> {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, dims], i) => [
      name,
      new ort.Tensor('float32', signal(size(dims), i + 1), dims),
    ]),
  );
}

function worstError(actual: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(actual.length).toBe(wanted.length);
  let magnitude = 1;
  let worst = 0;
  for (let i = 0; i < wanted.length; i++) {
    magnitude = Math.max(magnitude, Math.abs(wanted[i]!));
    const error = Math.abs(actual[i]! - wanted[i]!);
    worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : Math.max(worst, error);
  }
  return worst / magnitude;
}

async function compare({ path, shapes }: TestModel): Promise<void> {
  const ours = await InferenceSession.create(path);
  const theirs = await ort.InferenceSession.create(path, { logSeverityLevel: 3 });
  for (const shape of shapes) {
    const feeds = feedsFor(shape);
    const [actual, wanted] = [await ours.run(feeds), await theirs.run(feeds)];
    expect(Object.keys(actual)).toEqual(Object.keys(wanted));
    for (const name of ours.outputNames) {
      const [a, b] = [actual[name] as ort.Tensor, wanted[name] as ort.Tensor];
      expect(a.dims).toEqual(b.dims);
      expect(worstError(a.data as Float32Array, b.data as Float32Array)).toBeLessThanOrEqual(1e-4);
    }
  }
  await ours.release();
  await theirs.release();
}

describe('models from npm packages', () => {
  test.each(npmModels)('$name', (model) => compare(model));
});

describe('models of the shared data folder', () => {
  for (const model of extraModels) {
    const path = model.path;
    if (path === null) test.skip(`${model.name} (no shared data folder)`, () => undefined);
    else test(model.name, () => compare({ ...model, path }));
  }
});

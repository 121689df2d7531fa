// Batches: what a step is fed, augmentation, and going on in the middle of an epoch.
import { f32, i64, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { augmentsOf } from '../../lib/train/augment/options.js';
import { Batches, type BatchOptions } from '../../lib/train/batches.js';
import type { TrainingValue } from '../../lib/train/training.js';
import { TrainingData, type TrainingSample } from '../../lib/train/training-data.js';
import { clusters, counted } from '../helpers/softmax-regression.js';

const types = (batch: number): TrainingValue[] => [
  { name: 'x', dtype: 'float32', dims: [batch, 4] },
  { name: 'target', dtype: 'int64', dims: [batch] },
];

async function make(
  options: Omit<BatchOptions, 'modelInputs'>,
  samples: readonly TrainingSample[] = clusters(23, 4, 3),
  inputs = types(options.size),
): Promise<Batches> {
  const data = await TrainingData.open(counted(samples), { seed: 7, memoryBytes: 1e6 });
  return new Batches(data, { inputs }, { modelInputs: ['x'], ...options });
}

async function all(batches: Batches, epoch: number, first = 0) {
  const found = [];
  for await (const { inputs, labels, samples } of batches.epoch(epoch, first)) {
    expect(samples.map(({ label }) => label)).toEqual([...labels]);
    found.push({
      labels: [...labels],
      inputs: Object.fromEntries(
        [...inputs].map(([name, value]) => [name, { dims: value.dims, values: [...toNumbers(value)] }]),
      ),
    });
  }
  return found;
}

test('full batches of what the step asks for; labels become the target', async () => {
  const batches = await make({ size: 5, seed: 1 });
  expect(batches.perEpoch).toBe(4);
  const found = await all(batches, 0);
  expect(found).toHaveLength(4);
  for (const { inputs, labels } of found) {
    expect(inputs.x!.dims).toEqual([5, 4]);
    expect(inputs.target).toEqual({ dims: [5], values: labels });
    // The first features of a sample tell its class: rows and labels belong together.
    labels.forEach((label, i) => {
      const row = inputs.x!.values.slice(4 * i, 4 * i + 3);
      expect(row.indexOf(Math.max(...row))).toBe(label);
    });
  }
});

const noisy: Omit<BatchOptions, 'modelInputs'> = {
  size: 5,
  seed: 1,
  augment: [(values, _, random) => values.set(values.map((v) => v + random()))],
};

test('an epoch that starts at a later batch has the same batches from there on, augmentation included', async () => {
  const whole = await all(await make(noisy), 2);
  expect(await all(await make(noisy), 2, 2)).toEqual(whole.slice(2));
  expect(await all(await make(noisy), 2, 4)).toEqual([]);
  expect(await all(await make(noisy), 3)).not.toEqual(whole);
});

test('augmentation changes the batch and never the samples', async () => {
  const plain = await all(await make({ size: 5, seed: 1 }), 0);
  const samples = clusters(23, 4, 3);
  const batches = await make(noisy, samples);
  const first = await all(batches, 0);
  expect(first[0]!.inputs.target).toEqual(plain[0]!.inputs.target);
  first[0]!.inputs.x!.values.forEach((v, i) => {
    const change = v - plain[0]!.inputs.x!.values[i]!;
    expect(change).toBeGreaterThanOrEqual(-1e-6);
    expect(change).toBeLessThan(1);
  });
  expect(first).not.toEqual(plain);
  expect(await all(batches, 0)).toEqual(first);
  expect(samples).toEqual(clusters(23, 4, 3));
});

test('targets of samples and one-hot rows; what is provided elsewhere is not asked for', async () => {
  const samples = clusters(6, 4, 3).map((sample, i) => ({
    ...sample,
    targets: new Map([['level', f32([1, 2], [i, -i])]]),
  }));
  const inputs: TrainingValue[] = [
    { name: 'x', dtype: 'float32', dims: [2, 4] },
    { name: 'level', dtype: 'float32', dims: [2, 2] },
    { name: 'classes', dtype: 'float32', dims: [2, 3] },
    { name: 'teacher', dtype: 'float32', dims: [2, 3] },
  ];
  const [first] = await all(await make({ size: 2, seed: 1, provided: ['teacher'] }, samples, inputs), 0);
  expect(Object.keys(first!.inputs)).toEqual(['x', 'level', 'classes']);
  first!.labels.forEach((label, i) => {
    expect(first!.inputs.classes!.values.slice(3 * i, 3 * i + 3)).toEqual(
      [0, 1, 2].map((c) => Number(c === label)),
    );
    const [a, b] = first!.inputs.level!.values.slice(2 * i, 2 * i + 2);
    expect(a).toBe(-b!);
  });
});

test.each([
  ['no label', { name: 'a', inputs: new Map([['x', f32([1, 4], [1, 2, 3, 4])]]) }, 'KPT_INPUT_MISSING'],
  ['no input', { name: 'a', label: 1, inputs: new Map() }, 'KPT_INPUT_MISSING'],
  [
    'wrong size',
    { name: 'a', label: 1, inputs: new Map([['x', f32([1, 3], [1, 2, 3])]]) },
    'KPT_SHAPE_MISMATCH',
  ],
])('%s is refused', async (_, sample, code) => {
  await expect(all(await make({ size: 1, seed: 1 }, [sample]), 0)).rejects.toMatchObject({
    code,
    message: expect.stringContaining('ample a'),
  });
});

test('a class that the model does not have is refused', async () => {
  const inputs: TrainingValue[] = [
    { name: 'x', dtype: 'float32', dims: [1, 4] },
    { name: 'classes', dtype: 'float32', dims: [1, 2] },
  ];
  const batches = await make({ size: 1, seed: 1 }, clusters(6, 4, 3), inputs);
  await expect(all(batches, 0)).rejects.toMatchObject({ code: 'KPT_DATA_MALFORMED' });
});

test('a batch larger than the data is refused', async () => {
  await expect(make({ size: 24, seed: 1 })).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
});

test('inputs that cannot be mixed are refused', async () => {
  const samples = clusters(10, 4, 3).map(({ label }) => ({
    name: 'a sample',
    label: label!,
    inputs: new Map([['x', i64([1, 2, 3, 4], [1, 4])]]),
  }));
  const integers = [{ name: 'x', dtype: 'int64', dims: [5, 4] }, types(5)[1]!] as const;
  await expect(make({ size: 5, seed: 1, mixup: 0.2 }, samples, [...integers])).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringMatching(/option mixup .*'x' in int64/),
  });
  expect((await make({ size: 5, seed: 1 }, samples, [...integers])).perEpoch).toBe(2);
});

test('integer pictures are augmented, with channels where they are; indices beside them stay', async () => {
  const samples = Array.from({ length: 4 }, (_, label) => ({
    name: `${label}`,
    label,
    inputs: new Map([
      ['x', tensor('uint8', [1, 1, 2, 3], Uint8Array.of(1, 2, 3, 4, 5, 6))],
      ['ids', i64([7])],
    ]),
  }));
  const inputs: TrainingValue[] = [
    { name: 'x', dtype: 'uint8', dims: [4, 1, 2, 3] },
    { name: 'ids', dtype: 'int64', dims: [4] },
    { name: 'target', dtype: 'int64', dims: [4] },
  ];
  const options = { size: 4, seed: 1, augment: augmentsOf({ flip: 1 }), modelInputs: ['x', 'ids'] };
  const data = await TrainingData.open(counted(samples), { seed: 7, memoryBytes: 1e6 });
  const [found] = await all(new Batches(data, { inputs }, { ...options, channelsLast: ['x'] }), 0);
  expect(found!.inputs.x!.values.slice(0, 6)).toEqual([4, 5, 6, 1, 2, 3]);
  expect(found!.inputs.ids!.values).toEqual([7, 7, 7, 7]);
  const ids = inputs.filter(({ name }) => name !== 'x');
  expect(() => new Batches(data, { inputs: ids }, { ...options, modelInputs: ['ids'] })).toThrow(
    expect.objectContaining({
      code: 'KPT_OPTION_INVALID',
      message: expect.stringContaining("'ids' in int64"),
    }),
  );
});

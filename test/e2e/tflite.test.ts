// TensorFlow Lite models of other makers through the public interface: accuracy on labelled data, agreement with their
// ONNX twins and with onnxruntime on what save() writes, integers kept, no copies between layers.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as ort from 'onnxruntime-node';
import { InferenceSession, Model, Tensor } from '../../lib/index.js';
import { randomFloats } from '../helpers/random-floats.js';
import { sharedData } from '../helpers/shared-data.js';

const tiny = sharedData('models-mlperf-tiny');
const vision = sharedData('models-vision');
const audio = sharedData('models-audio');
const kws = sharedData('kws-mfcc');
const cifar = sharedData('cifar10');
const when = (...folders: readonly (string | null)[]) => (folders.includes(null) ? test.skip : test);

const argMax = (values: ArrayLike<number>): number => {
  let best = 0;
  for (let i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
  return best;
};

/** Share of samples of which the model's first output names the label. */
async function accuracy(path: string, samples: Iterable<readonly [Tensor, number]>): Promise<number> {
  const session = await InferenceSession.create(path);
  let [right, count] = [0, 0];
  for (const [x, label] of samples) {
    const y = session.runSync({ [session.inputNames[0]]: x })[session.outputNames[0]];
    right += Number(argMax(y.data as Float32Array) === label);
    count++;
  }
  await session.release();
  return right / count;
}

/** [N,C,H,W] from [N,H,W,C]. */
function channelsFirst(values: Float32Array, [n, h, w, c]: readonly number[]): Float32Array {
  const out = new Float32Array(values.length);
  for (let b = 0; b < n; b++)
    for (let i = 0; i < h * w; i++)
      for (let ch = 0; ch < c; ch++) out[(b * c + ch) * h * w + i] = values[(b * h * w + i) * c + ch];
  return out;
}

const everyFile = [tiny, vision, audio].flatMap((folder) =>
  folder === null
    ? []
    : readdirSync(folder)
        .filter((name) => name.endsWith('.tflite'))
        .map((name) => [name, join(folder, name)] as const),
);
(everyFile.length > 0 ? test.each(everyFile) : test.skip.each([['skipped, no shared data', '']]))(
  '%s loads and runs in the engine alone',
  async (_, path) => {
    const session = await InferenceSession.create(path);
    const feeds = session.inputMetadata.map((input) => {
      if (!input.isTensor) throw new Error(`${input.name} is no tensor`);
      const shape = input.shape as readonly number[];
      const values = randomFloats(
        shape.reduce((p, d) => p * d, 1),
        5,
        input.type === 'float32' ? 1 : 100,
      );
      const data = { float32: Float32Array, int8: Int8Array, uint8: Uint8Array }[input.type as 'int8'].from(
        values,
      );
      return [input.name, new Tensor(input.type as 'int8', data as Int8Array, shape)];
    });
    const outputs = session.runSync(Object.fromEntries(feeds));
    for (const { data } of Object.values(outputs) as Tensor[]) {
      expect(data.length).toBeGreaterThan(0);
      expect((data as Float32Array).every(Number.isFinite)).toBe(true);
    }
    expect(session.describe().nodes.filter(({ native }) => !native)).toEqual([]);
    await session.release();
  },
);

when(tiny, kws)('keyword spotting in integers: 90.2 % on 1000 samples', async () => {
  const data = new Int8Array(readFileSync(join(kws!, 'mfcc_int8.bin')));
  const labels = readFileSync(join(kws!, 'labels.bin'));
  const samples = [...labels].map(
    (label, i) => [new Tensor('int8', data.slice(i * 490, (i + 1) * 490), [1, 49, 10, 1]), label] as const,
  );
  expect(await accuracy(join(tiny!, 'kws_ref_model.tflite'), samples)).toBeGreaterThanOrEqual(0.902);
});

when(tiny, cifar)('ResNet-8 in integers is within 0.3 points of its float twin', async () => {
  const records = readFileSync(join(cifar!, 'test1k_jpg.bin'));
  const count = records.length / 3073;
  function* samples(make: (pixels: Float32Array) => Tensor): Generator<readonly [Tensor, number]> {
    for (let i = 0; i < count; i++) {
      const planes = records.subarray(i * 3073 + 1, (i + 1) * 3073);
      const pixels = new Float32Array(3072).map((_, k) => planes[(k % 3) * 1024 + Math.floor(k / 3)]);
      yield [make(pixels), records[i * 3073]];
    }
  }
  const dims = [1, 32, 32, 3];
  const float = await accuracy(
    join(tiny!, 'pretrainedResnet.tflite'),
    samples((pixels) => new Tensor('float32', pixels, dims)),
  );
  const integer = await accuracy(
    join(tiny!, 'pretrainedResnet_quant.tflite'),
    samples(
      (pixels) =>
        new Tensor(
          'int8',
          Int8Array.from(pixels, (v) => v - 128),
          dims,
        ),
    ),
  );
  expect(float).toBeGreaterThan(0.74);
  expect(Math.abs(float - integer)).toBeLessThanOrEqual(0.003);
});

when(tiny).each([
  ['pretrainedResnet', 'resnet8_cifar10', 255],
  ['kws_ref_model_float32', 'dscnn_kws', 100],
  ['vww_96_float', 'mobilenetv1_025_vww', 1],
  ['ad01_fp32', 'ae_toycar', 1],
])('%s agrees with its ONNX twin', async (tflite, onnx, reach) => {
  const [a, b] = await Promise.all([
    InferenceSession.create(join(tiny!, `${tflite}.tflite`)),
    InferenceSession.create(join(tiny!, `${onnx}.onnx`)),
  ]);
  const dims = (a.inputMetadata[0] as { shape: readonly number[] }).shape;
  const count = dims.reduce((p, d) => p * d, 1);
  for (const seed of [1, 2, 3]) {
    const x = randomFloats(count, seed, reach);
    const [first, shape] =
      dims.length === 4 ? [channelsFirst(x, dims), [dims[0], dims[3], dims[1], dims[2]]] : [x, dims];
    const y = a.runSync({ [a.inputNames[0]]: new Tensor('float32', x, dims) })[a.outputNames[0]];
    const z = b.runSync({ [b.inputNames[0]]: new Tensor('float32', first, shape) })[b.outputNames[0]];
    const scale = Math.max(1, ...(z.data as Float32Array).map(Math.abs));
    for (let i = 0; i < y.data.length; i++)
      expect(Math.abs(Number(y.data[i]) - Number(z.data[i])) / scale).toBeLessThan(1e-4);
  }
  await Promise.all([a.release(), b.release()]);
});

/** File, folder, and by how many steps onnxruntime may differ: deep nets hand small differences on. */
const integerFiles = [
  ['kws_ref_model.tflite', tiny, 1],
  ['pretrainedResnet_quant.tflite', tiny, 1],
  ['vww_96_int8.tflite', tiny, 1],
  ['str_ww_ref_model.tflite', tiny, 1],
  ['ad01_int8.tflite', tiny, 1],
  ['mobilenet_v1_0.25_128_quant.tflite', vision, 1],
  ['mobilenet_v2_1.0_224_quant.tflite', vision, 2],
] as const;

describe.each(integerFiles)('%s', (file, folder, steps) => {
  when(folder)('computes in integers, and layers hand over without copies', async () => {
    const session = InferenceSession.fromModel(await Model.load(join(folder!, file)));
    const { nodes } = session.describe();
    expect(nodes.filter((n) => /^(De)?[qQ]uantizeLinear$|^Conv$|^Gemm$/.test(n.op))).toEqual([]);
    expect(nodes.filter((n) => n.steps.includes('copy') || !n.native)).toEqual([]);
    await session.release();
  });

  when(folder)('onnxruntime runs what save() writes, and hardly differs', async () => {
    const model = await Model.load(join(folder!, file));
    const [{ name, dtype, dims }] = model.graph.inputs;
    const shape = dims as readonly number[];
    const count = shape.reduce((p, d) => p * d, 1);
    const shift = dtype === 'int8' ? 0 : 128;
    const bytes = randomFloats(count, 7, 127).map((v) => Math.round(v) + shift);
    const [ours, theirs] = [
      InferenceSession.fromModel(model),
      await ort.InferenceSession.create(model.toBytes(), { logSeverityLevel: 3 }),
    ];
    const data = dtype === 'int8' ? Int8Array.from(bytes) : Uint8Array.from(bytes);
    const y = ours.runSync({ [name]: new Tensor(dtype as 'int8', data, shape) })[ours.outputNames[0]];
    const z = (await theirs.run({ [name]: new ort.Tensor(dtype as 'int8', data as Int8Array, shape) }))[
      theirs.outputNames[0]
    ];
    const off = [...(y.data as Int8Array)].map((v, i) => Math.abs(v - Number(z.data[i])));
    expect(Math.max(...off)).toBeLessThanOrEqual(steps);
    expect(off.filter((d) => d > 0).length / off.length).toBeLessThanOrEqual(0.02);
    await ours.release();
  });
});

when(audio).each([
  ['model_quant_1.tflite', 'model_1.onnx'],
  ['model_quant_2.tflite', 'model_2.onnx'],
])('%s follows its float twin: only weights are of 8 bits', async (tflite, onnx) => {
  const [a, b] = await Promise.all([
    InferenceSession.create(join(audio!, tflite)),
    InferenceSession.create(join(audio!, onnx)),
  ]);
  const feeds = a.inputMetadata.map((meta, i) => {
    const dims = (meta as { shape: readonly number[] }).shape;
    const count = dims.reduce((p, d) => p * d, 1);
    return new Tensor('float32', randomFloats(count, 3 + i, i === 0 ? 1 : 0.1).map(Math.abs), dims);
  });
  const run = (s: InferenceSession) => {
    const result = s.runSync(Object.fromEntries(s.inputNames.map((name, i) => [name, feeds[i]])));
    return s.outputNames.map((name) => result[name].data as Float32Array);
  };
  const [y, z] = [run(a), run(b)];
  y.forEach((values, i) => {
    const norm = Math.hypot(...z[i]);
    const distance = Math.hypot(...values.map((v, k) => v - z[i][k]));
    expect(distance / norm).toBeLessThan(0.1);
  });
  await Promise.all([a.release(), b.release()]);
});

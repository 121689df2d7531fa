// The 3x3 convolutions of ResNet, one-bit in kompakt beside INT8 in kompakt and in onnxruntime-node, on one thread. A model
// is a chain of equal layers, so that the cost of a call hardly counts; the engines take turns, a run of the chain at a time.
// The layers have the same weights, which then stay in cache, or each its own, which come from further away as in a network.
import { createRequire } from 'node:module';
import { InferenceSession, Model, Tensor } from '../../dist/index.js';
import { attr, f32, GraphBuilder, tensor } from '../internals.mjs';

const ort = createRequire(import.meta.url)('onnxruntime-node');

export const shapes = [
  [64, 56],
  [128, 28],
  [256, 14],
  [512, 7],
];
const layers = 4;

/** Bytes that look random and are the same every time. */
function bytes(size, seed) {
  let state = seed;
  return Uint8Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
}

const window = { dilations: attr.ints([1, 1]), pads: attr.ints([1, 1, 1, 1]), strides: attr.ints([1, 1]) };

/** A chain: layer(g, x, i) adds one and returns its output; x is uint8 [1,channels,size,size]. */
function chain(channels, size, shared, layer) {
  const g = new GraphBuilder('chain');
  let x = g.input('x', 'uint8', [1, channels, size, size]);
  let first;
  for (let i = 0; i < layers; i++) {
    const weights = shared && first !== undefined ? first : layer.weights(g, i + 1);
    first ??= weights;
    x = layer.node(g, x, weights);
  }
  g.output(x, 'uint8');
  return new Model(g.build());
}

const scalar = (g, value) => g.constant('c', f32([], [value]));
const list = (g, value) => g.constant('c', f32([1], [value]));

const int8 = (channels) => ({
  weights(g, seed) {
    const values = Int8Array.from(bytes(channels * channels * 9, seed), (v) => Math.max(-127, v - 128));
    return g.constant('w', tensor('int8', [channels, channels, 3, 3], values));
  },
  node(g, x, w) {
    const zero = g.constant('zero', tensor('uint8', [], Uint8Array.of(128)));
    const wZero = g.constant('wZero', tensor('int8', [], Int8Array.of(0)));
    const wScale = scalar(g, 1 / (74 * Math.sqrt(9 * channels)));
    const inputs = [x, scalar(g, 0.02), zero, w, wScale, wZero, scalar(g, 0.02), zero];
    return g.node('QLinearConv', inputs, window)[0];
  },
});

const oneBit = { domain: 'ai.kompakt' };
const attributes = (channels) => ({ ...window, channels: attr.int(channels), pad_value: attr.int(0) });
const packedWeights = (channels) => (g, seed) =>
  g.constant(
    'w',
    tensor('uint8', [channels, channels / 8, 3, 3], bytes((channels * channels * 9) / 8, seed)),
  );

/** Bits to bits: a threshold behind every convolution. The chain's input is bits. */
const bitsToBits = (channels) => ({
  weights: packedWeights(channels),
  node(g, x, w) {
    const threshold = g.constant('t', tensor('int32', [channels], new Int32Array(channels)));
    return g.node('BinaryConvBits', [x, w, threshold], attributes(channels), oneBit)[0];
  },
});

/** Bytes to bytes, as in a network whose shortcuts are INT8: packing, convolution, 8-bit output. */
const bytesToBytes = (channels) => ({
  weights: packedWeights(channels),
  node(g, x, w) {
    const direction = g.constant('d', tensor('int8', [1], Int8Array.of(1)));
    const [bits] = g.node('PackBits', [x, list(g, 128), direction], {}, oneBit);
    const affine = [list(g, 40 / Math.sqrt(9 * channels)), list(g, 0), list(g, 1), list(g, 0)];
    const zero = g.constant('zero', tensor('uint8', [], Uint8Array.of(128)));
    return g.node('BinaryConvQuantized', [bits, w, ...affine, zero], attributes(channels), oneBit)[0];
  },
});

async function ours(model, dims) {
  const session = await InferenceSession.create(model.toBytes(), { intraOpNumThreads: 1 });
  const slow = session.describe({ x: dims }).nodes.filter((node) => !node.native);
  if (slow.length > 0) throw new Error(`not native: ${slow.map((node) => node.op).join(', ')}`);
  const feeds = {
    x: new Tensor(
      'uint8',
      bytes(
        dims.reduce((a, b) => a * b, 1),
        99,
      ),
      dims,
    ),
  };
  return { run: () => session.runSync(feeds), release: () => session.release() };
}

async function theirs(model, dims) {
  const options = { intraOpNumThreads: 1, interOpNumThreads: 1, logSeverityLevel: 3 };
  const session = await ort.InferenceSession.create(Buffer.from(model.toBytes()), options);
  const feeds = {
    x: new ort.Tensor(
      'uint8',
      bytes(
        dims.reduce((a, b) => a * b, 1),
        99,
      ),
      dims,
    ),
  };
  return { run: () => session.run(feeds), release: () => session.release() };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];

async function measure(channels, size, shared, rounds) {
  const dims = [1, channels, size, size];
  const quantised = chain(channels, size, shared, int8(channels));
  const packedDims = [1, channels / 8, size, size];
  const contenders = {
    bits: await ours(chain(channels / 8, size, shared, bitsToBits(channels)), packedDims),
    bytes: await ours(chain(channels, size, shared, bytesToBytes(channels)), dims),
    int8: await ours(quantised, dims),
    ortInt8: await theirs(quantised, dims),
  };
  const times = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++)
    for (const [name, { run }] of Object.entries(contenders)) {
      await run(); // the first run after a change of engine does not count
      const start = performance.now();
      await run();
      times[name].push(((performance.now() - start) * 1000) / layers);
    }
  for (const { release } of Object.values(contenders)) await release();
  const summaries = Object.entries(times).map(([name, list]) => [
    name,
    { least: Math.min(...list), median: median(list) },
  ]);
  const weights = shared ? 'in cache' : 'own';
  return {
    channels,
    size,
    weights,
    macs: 9 * channels * channels * size * size,
    ...Object.fromEntries(summaries),
  };
}

/** Microseconds a layer, least and median, for every shape and contender. */
export async function measureConvolutions(rounds) {
  const results = [];
  for (const shared of [true, false])
    for (const [channels, size] of shapes) results.push(await measure(channels, size, shared, rounds));
  return results;
}

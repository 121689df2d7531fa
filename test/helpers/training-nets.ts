// Small networks to train, with seeded weights (He et al. 2015: normal with variance 2 / fan-in).
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Attribute, Graph } from '../../lib/graph/graph.js';
import { type Dims, sizeOf } from '../../lib/tensor/shape.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { randomNumbers } from './gradient-case.js';

const ints = (...value: number[]): Attribute => ({ type: 'ints', value });

export class Net {
  readonly g = new GraphBuilder('net');
  readonly #random: () => number;

  constructor(seed: number) {
    this.#random = randomNumbers(seed);
  }

  weight(hint: string, dims: Dims): string {
    const scale = Math.sqrt(2 / sizeOf(dims.slice(1)));
    const normal = (): number =>
      scale * Math.sqrt(-2 * Math.log(1 - this.#random())) * Math.cos(2 * Math.PI * this.#random());
    return this.g.constant(hint, f32(dims, Float32Array.from({ length: sizeOf(dims) }, normal)));
  }

  filled(hint: string, size: number, value: number): string {
    return this.g.constant(hint, f32([size], new Float32Array(size).fill(value)));
  }

  op(op: string, inputs: readonly string[], attributes: Readonly<Record<string, Attribute>> = {}): string {
    return this.g.node(op, inputs, attributes)[0]!;
  }

  dense(name: string, x: string, from: number, to: number): string {
    const inputs = [x, this.weight(`${name}.weight`, [to, from]), this.filled(`${name}.bias`, to, 0)];
    return this.op('Gemm', inputs, { transB: { type: 'int', value: 1 } });
  }

  conv(
    name: string,
    x: string,
    from: number,
    to: number,
    kernel: number,
    stride = 1,
    pad = 0,
    bias = true,
  ): string {
    const inputs = [x, this.weight(`${name}.weight`, [to, from, kernel, kernel])];
    if (bias) inputs.push(this.filled(`${name}.bias`, to, 0));
    return this.op('Conv', inputs, { strides: ints(stride, stride), pads: ints(pad, pad, pad, pad) });
  }

  batchNorm(name: string, x: string, channels: number): string {
    const parts = [
      ['scale', 1],
      ['shift', 0],
      ['mean', 0],
      ['variance', 1],
    ] as const;
    return this.op('BatchNormalization', [
      x,
      ...parts.map(([part, v]) => this.filled(`${name}.${part}`, channels, v)),
    ]);
  }

  relu(x: string): string {
    return this.op('Relu', [x]);
  }

  pool(x: string): string {
    return this.op('MaxPool', [x], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
  }

  build(y: string): Graph {
    this.g.output(y, 'float32', ['batch', 10]);
    return this.g.build();
  }
}

/** LeCun et al. 1998: 784-300-100-10. */
export function leNet300(seed: number): Graph {
  const net = new Net(seed);
  const x = net.op('Flatten', [net.g.input('x', 'float32', ['batch', 1, 28, 28])]);
  const first = net.relu(net.dense('fc1', x, 784, 300));
  return net.build(net.dense('fc3', net.relu(net.dense('fc2', first, 300, 100)), 100, 10));
}

/** The LeNet-5 of Caffe: 20 and 50 filters of 5x5, 500 hidden units. */
export function leNet5(seed: number): Graph {
  const net = new Net(seed);
  const x = net.g.input('x', 'float32', ['batch', 1, 28, 28]);
  const first = net.pool(net.relu(net.conv('conv1', x, 1, 20, 5)));
  const second = net.pool(net.relu(net.conv('conv2', first, 20, 50, 5)));
  const hidden = net.relu(net.dense('fc1', net.op('Flatten', [second]), 800, 500));
  return net.build(net.dense('fc2', hidden, 500, 10));
}

/** He et al. 2016: three stages of one block, 16, 32 and 64 channels. */
export function resNet8(seed: number, channels = 3): Graph {
  const net = new Net(seed);
  const x = net.g.input('x', 'float32', ['batch', channels, 32, 32]);
  let y = net.relu(net.batchNorm('bn0', net.conv('conv0', x, channels, 16, 3, 1, 1, false), 16));
  let from = 16;
  [16, 32, 64].forEach((to, i) => {
    const stride = to === from ? 1 : 2;
    const first = net.relu(
      net.batchNorm(`bn${i}a`, net.conv(`conv${i}a`, y, from, to, 3, stride, 1, false), to),
    );
    const second = net.batchNorm(`bn${i}b`, net.conv(`conv${i}b`, first, to, to, 3, 1, 1, false), to);
    const side =
      to === from ? y : net.batchNorm(`bn${i}s`, net.conv(`conv${i}s`, y, from, to, 1, stride, 0, false), to);
    y = net.relu(net.op('Add', [second, side]));
    from = to;
  });
  const flat = net.op('Flatten', [net.op('GlobalAveragePool', [y])]);
  return net.build(net.dense('fc', flat, 64, 10));
}

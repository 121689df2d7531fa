// Whole binary networks with seeded random weights, as float graphs: a fully connected one like LFC (Umuroglu et al. 2017,
// arXiv:1612.07119) and a small VGG. Every activation is also an output.
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import type { Graph } from '../../lib/graph/graph.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { randomFloats } from './random-floats.js';

class NetBuilder extends GraphBuilder {
  #seed = 11;

  random(dims: readonly number[], shape: (v: number) => number = (v) => v): string {
    const size = dims.reduce((a, b) => a * b, 1);
    return this.constant('w', f32(dims, randomFloats(size, this.#seed++).map(shape)));
  }

  signs(...dims: number[]): string {
    return this.random(dims, (v) => (v < 0 ? -1 : 1));
  }

  /** +1 where a BatchNormalization of x is at least 0, else -1; gammas have both signs. */
  activation(x: string, channels: number, reach: number): string {
    const gamma = this.random([channels], (v) => v + Math.sign(v));
    const [beta, mean] = [this.random([channels]), this.random([channels], (v) => v * reach)];
    const parameters = [gamma, beta, mean, this.random([channels], (v) => v * v + 1)];
    const [normal] = this.node('BatchNormalization', [x, ...parameters]);
    return this.binarised(normal, 0);
  }

  binarised(x: string, threshold: number): string {
    const [bound, one, minus] = [threshold, 1, -1].map((v) => this.constant('c', f32([], [v])));
    const [above] = this.node('GreaterOrEqual', [x, bound]);
    return this.node('Where', [above, one, minus])[0];
  }
}

/** 784 - 1024 - 1024 - 1024 - 10 on images [N,1,28,28] of 0 to 1. */
export function lfc(): Graph {
  const g = new NetBuilder('lfc');
  const image = g.input('image', 'float32', ['N', 1, 28, 28]);
  let [x] = g.node('Flatten', [image]);
  x = g.binarised(x, 0.5);
  const widths = [784, 1024, 1024, 1024];
  for (let i = 1; i < widths.length; i++) {
    const [sums] = g.node('Gemm', [x, g.signs(widths[i], widths[i - 1])], { transB: attr.int(1) });
    x = g.activation(sums, widths[i], 10);
  }
  const scores = g.node(
    'Gemm',
    [x, g.signs(10, 1024), g.random([10])],
    { transB: attr.int(1) },
    { outputs: ['scores'] },
  );
  g.output(scores[0], 'float32', ['N', 10]);
  return g.build();
}

/** Two stages of two 3x3 convolutions each, pooled; the first one in float. Then two fully connected layers. */
export function vgg(): Graph {
  const g = new NetBuilder('vgg');
  let x = g.input('image', 'float32', ['N', 1, 28, 28]);
  const conv = (channels: number, filters: number, binary: boolean): void => {
    const w = binary ? g.signs(filters, channels, 3, 3) : g.random([filters, channels, 3, 3]);
    [x] = g.node('Conv', [x, w], { pads: attr.ints([1, 1, 1, 1]) });
  };
  const pool = (): void => {
    [x] = g.node('MaxPool', [x], { kernel_shape: attr.ints([2, 2]), strides: attr.ints([2, 2]) });
  };
  conv(1, 32, false);
  x = g.activation(x, 32, 1);
  conv(32, 32, true);
  pool();
  x = g.activation(x, 32, 10);
  conv(32, 64, true);
  x = g.activation(x, 64, 10);
  conv(64, 64, true);
  pool();
  x = g.activation(x, 64, 15);
  [x] = g.node('Flatten', [x]);
  [x] = g.node('Gemm', [x, g.signs(128, 64 * 49)], { transB: attr.int(1) });
  x = g.activation(x, 128, 30);
  const scores = g.node('Gemm', [x, g.signs(10, 128)], { transB: attr.int(1) }, { outputs: ['scores'] });
  g.output(scores[0], 'float32', ['N', 10]);
  return g.build();
}

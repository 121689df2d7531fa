// Nets of the shape of ResNet-18 and ResNet-50 with random weights, BatchNormalization folded: their speed is that of the
// trained ones.
import { Model } from '../../dist/index.js';
import { attr, f32, GraphBuilder } from '../internals.mjs';
import { random } from './random.mjs';

class Net {
  #graph = new GraphBuilder('resnet');
  #next = random(12345);

  weights(dims, fanIn) {
    const size = dims.reduce((a, b) => a * b, 1);
    const bound = Math.sqrt(3 / fanIn);
    return this.#graph.constant(
      'w',
      f32(
        dims,
        Float32Array.from({ length: size }, () => this.#next() * bound),
      ),
    );
  }

  conv(x, from, to, kernel, stride, relu) {
    const w = this.weights([to, from, kernel, kernel], from * kernel * kernel);
    const bias = this.weights([to], 16);
    const pad = kernel >> 1;
    const [y] = this.#graph.node('Conv', [x, w, bias], {
      kernel_shape: attr.ints([kernel, kernel]),
      strides: attr.ints([stride, stride]),
      pads: attr.ints([pad, pad, pad, pad]),
    });
    return relu ? this.#graph.node('Relu', [y])[0] : y;
  }

  /** The sum of both branches; the second is projected where shapes differ. */
  block(x, from, to, stride, bottleneck) {
    const inner = bottleneck ? to / 4 : to;
    let y = bottleneck ? this.conv(x, from, inner, 1, 1, true) : x;
    y = this.conv(y, bottleneck ? inner : from, inner, 3, stride, true);
    y = this.conv(y, inner, to, bottleneck ? 1 : 3, 1, false);
    const short = from === to && stride === 1 ? x : this.conv(x, from, to, 1, stride, false);
    return this.#graph.node('Relu', [this.#graph.node('Add', [y, short])[0]])[0];
  }

  build(blocks, bottleneck) {
    const g = this.#graph;
    let x = this.conv(g.input('x', 'float32', [1, 3, 224, 224]), 3, 64, 7, 2, true);
    [x] = g.node('MaxPool', [x], {
      kernel_shape: attr.ints([3, 3]),
      strides: attr.ints([2, 2]),
      pads: attr.ints([1, 1, 1, 1]),
    });
    let channels = 64;
    blocks.forEach((count, stage) => {
      const to = (bottleneck ? 256 : 64) << stage;
      for (let i = 0; i < count; i++) {
        x = this.block(x, channels, to, i === 0 && stage > 0 ? 2 : 1, bottleneck);
        channels = to;
      }
    });
    [x] = g.node('GlobalAveragePool', [x]);
    [x] = g.node('Flatten', [x]);
    const w = this.weights([1000, channels], channels);
    [x] = g.node('Gemm', [x, w, this.weights([1000], 16)], { transB: attr.int(1) });
    g.output(x, 'float32', [1, 1000]);
    return new Model(g.build());
  }
}

export const resnet18 = () => new Net().build([2, 2, 2, 2], false);
export const resnet50 = () => new Net().build([3, 4, 6, 3], true);

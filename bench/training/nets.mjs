// The networks of bench/training.mjs for kompakt; torch_worker.py has the same for PyTorch. Weights are random.
import { f32, GraphBuilder } from '../internals.mjs';

const ints = (...value) => ({ type: 'ints', value });

class Net {
  g = new GraphBuilder('net');

  random(hint, dims) {
    const size = dims.reduce((a, b) => a * b, 1);
    const scale = Math.sqrt(6 / (size / dims[0]));
    return this.g.constant(
      hint,
      f32(
        dims,
        Float32Array.from({ length: size }, () => scale * (2 * Math.random() - 1)),
      ),
    );
  }

  filled(hint, size, value) {
    return this.g.constant(hint, f32([size], new Float32Array(size).fill(value)));
  }

  op(op, inputs, attributes = {}) {
    return this.g.node(op, inputs, attributes)[0];
  }

  dense(x, from, to) {
    return this.op('Gemm', [x, this.random('w', [to, from]), this.filled('b', to, 0)], {
      transB: { type: 'int', value: 1 },
    });
  }

  conv(x, from, to, kernel, { stride = 1, pad = 0, bias = true } = {}) {
    const inputs = [
      x,
      this.random('w', [to, from, kernel, kernel]),
      ...(bias ? [this.filled('b', to, 0)] : []),
    ];
    return this.op('Conv', inputs, { strides: ints(stride, stride), pads: ints(pad, pad, pad, pad) });
  }

  convNorm(x, from, to, kernel, stride) {
    const y = this.conv(x, from, to, kernel, { stride, pad: (kernel - 1) / 2, bias: false });
    const parameters = [1, 0, 0, 1].map((value) => this.filled('bn', to, value));
    return this.op('BatchNormalization', [y, ...parameters]);
  }

  relu(x) {
    return this.op('Relu', [x]);
  }

  pool(x) {
    return this.op('MaxPool', [x], { kernel_shape: ints(2, 2), strides: ints(2, 2) });
  }

  build(y) {
    this.g.output(y, 'float32', ['batch', 10]);
    return this.g.build();
  }
}

function lenet5() {
  const net = new Net();
  const x = net.g.input('x', 'float32', ['batch', 1, 28, 28]);
  const first = net.pool(net.relu(net.conv(x, 1, 20, 5)));
  const second = net.pool(net.relu(net.conv(first, 20, 50, 5)));
  const hidden = net.relu(net.dense(net.op('Flatten', [second]), 800, 500));
  return net.build(net.dense(hidden, 500, 10));
}

function resnet8() {
  const net = new Net();
  let y = net.relu(net.convNorm(net.g.input('x', 'float32', ['batch', 3, 32, 32]), 3, 16, 3, 1));
  let from = 16;
  for (const to of [16, 32, 64]) {
    const stride = to === from ? 1 : 2;
    const inner = net.relu(net.convNorm(y, from, to, 3, stride));
    const side = to === from ? y : net.convNorm(y, from, to, 1, stride);
    y = net.relu(net.op('Add', [net.convNorm(inner, to, to, 3, 1), side]));
    from = to;
  }
  return net.build(net.dense(net.op('Flatten', [net.op('GlobalAveragePool', [y])]), 64, 10));
}

export const nets = {
  lenet5: { make: lenet5, input: [1, 28, 28] },
  resnet8: { make: resnet8, input: [3, 32, 32] },
};

// Layers for the builders of networks: ordinary ONNX operators with initialised weights; shapes are tracked, so a builder
// says what it adds and not what it is added to.

import { KompaktError } from '../../errors.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Attribute, Graph } from '../../graph/graph.js';
import { normalNumbers } from '../../ops/shared/random-numbers.js';
import { sizeOf } from '../../tensor/shape.js';
import { f32 } from '../../tensor/tensor.js';
import { randomFor } from '../seeds.js';

/** A value of shape [N,C,H,W], or [N,C] when flat. */
export interface Feature {
  readonly name: string;
  readonly channels: number;
  /** Height and width; absent when flat. */
  readonly size?: readonly [number, number];
}

export interface ConvOptions {
  readonly filters: number;
  /** One number for square kernels. */
  readonly kernel: number | readonly [number, number];
  readonly stride?: number;
  readonly groups?: number;
  /** 'same': out = ceil(in / stride). 'valid': no padding. Default 'same'. */
  readonly padding?: 'same' | 'valid';
  /** Absent where a BatchNormalization follows: it would undo it. Default true. */
  readonly bias?: boolean;
}

const ints = (...value: number[]): Attribute => ({ type: 'ints', value });
const int = (value: number): Attribute => ({ type: 'int', value });

export class Layers {
  readonly #builder: GraphBuilder;
  readonly #normal: () => number;
  #layers = 0;

  /** `seed` decides the weights. */
  constructor(name: string, seed: number) {
    this.#builder = new GraphBuilder(name);
    this.#normal = normalNumbers(randomFor(seed, 'weights'));
  }

  input([channels, height, width]: readonly [number, number, number]): Feature {
    const name = this.#builder.input('input', 'float32', ['N', channels, height, width]);
    return { name, channels, size: [height, width] };
  }

  /** The graph with `logits` as its output. */
  finish(logits: Feature): Graph {
    this.#builder.output(logits.name, 'float32', ['N', logits.channels]);
    return this.#builder.build();
  }

  conv(x: Feature, options: ConvOptions): Feature {
    const { filters, kernel, stride = 1, groups = 1, padding = 'same', bias = true } = options;
    const kernels = typeof kernel === 'number' ? ([kernel, kernel] as const) : kernel;
    const begins = kernels.map((k) => (padding === 'same' ? (k - 1) >> 1 : 0));
    const ends = kernels.map((k, i) => (padding === 'same' ? k - 1 - begins[i]! : 0));
    const size = x.size!.map((n, i) => Math.floor((n + begins[i]! + ends[i]! - kernels[i]!) / stride) + 1);
    const layer = this.#name('conv');
    const weight = this.#weight(layer, [filters, x.channels / groups, ...kernels]);
    const inputs = [x.name, weight, ...(bias ? [this.#constant(`${layer}.bias`, filters, 0)] : [])];
    const attributes = {
      kernel_shape: ints(...kernels),
      strides: ints(stride, stride),
      pads: ints(...begins, ...ends),
      group: int(groups),
    };
    return {
      name: this.#node('Conv', inputs, attributes, layer),
      channels: filters,
      size: sized(size, layer),
    };
  }

  /** Convolution, BatchNormalization and a nonlinearity. */
  convNorm(x: Feature, options: ConvOptions, activation: 'relu' | 'relu6' | 'none' = 'relu'): Feature {
    const normed = this.batchNorm(this.conv(x, { ...options, bias: false }));
    if (activation === 'none') return normed;
    return activation === 'relu' ? this.relu(normed) : this.relu6(normed);
  }

  /** A filter a channel (depthwise), normalised. */
  depthwiseNorm(x: Feature, stride: number, activation: 'relu' | 'relu6'): Feature {
    return this.convNorm(x, { filters: x.channels, kernel: 3, stride, groups: x.channels }, activation);
  }

  /** `output`: the name of the result. */
  batchNorm(x: Feature, output?: string): Feature {
    const layer = this.#name('norm');
    const fill = (part: string, value: number): string =>
      this.#constant(`${layer}.${part}`, x.channels, value);
    const inputs = [x.name, fill('scale', 1), fill('bias', 0), fill('mean', 0), fill('variance', 1)];
    return { ...x, name: this.#node('BatchNormalization', inputs, {}, layer, output) };
  }

  /** In training a part of the values is 0, others in each step. */
  dropout(x: Feature, ratio: number): Feature {
    const layer = this.#name('dropout');
    const part = this.#builder.constant(`${layer}.ratio`, f32([], [ratio]));
    return { ...x, name: this.#node('Dropout', [x.name, part], {}, layer) };
  }

  relu(x: Feature): Feature {
    return { ...x, name: this.#node('Relu', [x.name], {}, this.#name('relu')) };
  }

  relu6(x: Feature): Feature {
    const layer = this.#name('relu6');
    const limits = [0, 6].map((value) => this.#builder.constant(`${layer}.limit`, f32([], [value])));
    return { ...x, name: this.#node('Clip', [x.name, ...limits], {}, layer) };
  }

  /** Square windows without overlap; a rest that fills no window is left out. */
  maxPool(x: Feature, window: number): Feature {
    const layer = this.#name('pool');
    const size = sized(
      x.size!.map((n) => Math.floor(n / window)),
      layer,
    );
    const attributes = { kernel_shape: ints(window, window), strides: ints(window, window) };
    return { ...x, name: this.#node('MaxPool', [x.name], attributes, layer), size };
  }

  /** The mean over height and width, flat. */
  globalAverage(x: Feature): Feature {
    const name = this.#node('GlobalAveragePool', [x.name], {}, this.#name('average'));
    return this.flatten({ ...x, name, size: [1, 1] });
  }

  flatten(x: Feature): Feature {
    const name = this.#node('Flatten', [x.name], { axis: int(1) }, this.#name('flatten'));
    return { name, channels: x.channels * sizeOf(x.size!) };
  }

  /** A fully connected layer. The last one of a network has no nonlinearity behind it and starts smaller. */
  dense(x: Feature, units: number, last = false): Feature {
    return this.#dense(x, units, last ? 1 : 2, last ? 'logits' : undefined);
  }

  /** The last layer of a network that normalises what it gives. */
  normalizedDense(x: Feature, units: number): Feature {
    return this.batchNorm(this.#dense(x, units, 1), 'logits');
  }

  #dense(x: Feature, units: number, gain: number, output?: string): Feature {
    const layer = this.#name('dense');
    const weight = this.#weight(layer, [units, x.channels], gain);
    const inputs = [x.name, weight, this.#constant(`${layer}.bias`, units, 0)];
    return { name: this.#node('Gemm', inputs, { transB: int(1) }, layer, output), channels: units };
  }

  add(a: Feature, b: Feature): Feature {
    return { ...a, name: this.#node('Add', [a.name, b.name], {}, this.#name('add')) };
  }

  /** Normal weights of variance `gain` / fan-in (He et al. 2015, arXiv:1502.01852, equation 10; 1 without ReLU). */
  #weight(layer: string, dims: readonly number[], gain = 2): string {
    const deviation = Math.sqrt(gain / sizeOf(dims.slice(1)));
    const values = Float32Array.from({ length: sizeOf(dims) }, () => deviation * this.#normal());
    return this.#builder.constant(`${layer}.weight`, f32(dims, values));
  }

  #constant(name: string, count: number, value: number): string {
    return this.#builder.constant(name, f32([count], new Float32Array(count).fill(value)));
  }

  #name(kind: string): string {
    return `${kind}${++this.#layers}`;
  }

  #node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    name: string,
    output = `${name}.out`,
  ): string {
    return this.#builder.node(op, inputs, attributes, { name, outputs: [output] })[0]!;
  }
}

/** Height and width of a layer's output. Throws KPT_OPTION_INVALID where nothing of the picture is left. */
function sized(size: readonly number[], layer: string): readonly [number, number] {
  if (size.some((n) => n < 1))
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      `The pictures are too small for the network: ${layer} would make ${size.join('x')} of them.`,
    );
  return [size[0]!, size[1]!];
}

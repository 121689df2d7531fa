// A small classifier with two convolutions, a depthwise one, a residual sum and a matrix product; feeds for it; and ways to
// spoil it.
import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { freezeGraph, type Graph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { f32, fromNumbers, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { randomFloats } from './random-floats.js';

const conv = (kernel: number, group = 1) => ({
  kernel_shape: attr.ints([kernel, kernel]),
  pads: attr.ints(kernel === 3 ? [1, 1, 1, 1] : [0, 0, 0, 0]),
  group: attr.int(group),
});

/** `channels`: of the convolutions. */
export function explainedNet(channels = 8): Model {
  const b = new GraphBuilder('net');
  const x = b.input('x', 'float32', ['N', 3, 12, 12]);
  const weight = (name: string, dims: readonly number[], seed: number): string => {
    const size = dims.reduce((a, c) => a * c, 1);
    return b.constant(name, f32(dims, randomFloats(size, seed, Math.sqrt(3 / (size / dims[0]!)))));
  };
  const bias = (name: string, count: number, seed: number): string =>
    b.constant(name, f32([count], randomFloats(count, seed, 0.2)));
  const relu = (value: string, name: string): string => b.node('Relu', [value], {}, { name })[0]!;
  const [c1] = b.node('Conv', [x, weight('w1', [channels, 3, 3, 3], 1), bias('b1', channels, 11)], conv(3), {
    name: 'conv1',
  });
  const r1 = relu(c1!, 'relu1');
  const [c2] = b.node(
    'Conv',
    [r1, weight('w2', [channels, 1, 3, 3], 2), bias('b2', channels, 12)],
    conv(3, channels),
    { name: 'depthwise' },
  );
  const r2 = relu(c2!, 'relu2');
  const [c3] = b.node(
    'Conv',
    [r2, weight('w3', [channels, channels, 1, 1], 3), bias('b3', channels, 13)],
    conv(1),
    {
      name: 'conv3',
    },
  );
  const [sum] = b.node('Add', [c3!, r1], {}, { name: 'sum' });
  const [pooled] = b.node('GlobalAveragePool', [relu(sum!, 'relu3')], {}, { name: 'pool' });
  const [flat] = b.node('Flatten', [pooled!], { axis: attr.int(1) }, { name: 'flat' });
  const [y] = b.node(
    'Gemm',
    [flat!, weight('w4', [5, channels], 4), bias('b4', 5, 14)],
    { transB: attr.int(1) },
    {
      name: 'classify',
    },
  );
  b.output(y!, 'float32', ['N', 5]);
  return new Model(b.build());
}

/** Feeds of explainedNet(): noise of mean 0. */
export const netFeeds = (count: number, seed = 50, reach = 1): readonly { readonly x: Tensor }[] =>
  Array.from({ length: count }, (_, i) => ({
    x: new Tensor('float32', randomFloats(3 * 12 * 12, seed + i, reach), [1, 3, 12, 12]),
  }));

/** The model in float16. */
export function halved(model: Model): Model {
  const half = ({ dims, dtype, data }: TensorValue): TensorValue =>
    dtype === 'float32' ? fromNumbers('float16', dims, data as Float32Array) : { dims, dtype, data };
  const typed = (values: Graph['inputs']) => values.map((value) => ({ ...value, dtype: 'float16' as const }));
  const { inputs, outputs, constants } = model.graph;
  return model.withGraph(
    freezeGraph({
      ...model.graph,
      inputs: typed(inputs),
      outputs: typed(outputs),
      constants: new Map([...constants].map(([name, value]) => [name, half(value)])),
    }),
  );
}

/** Feeds in float16. */
export const halfFeeds = (feeds: ReturnType<typeof netFeeds>): ReturnType<typeof netFeeds> =>
  feeds.map(({ x }) => {
    const { data } = fromNumbers('float16', x.dims, x.data as Float32Array);
    return { x: new Tensor('float16', data as Uint16Array, x.dims) };
  });

/** The model with the constants that `change` gives another value. */
export function withConstants(
  model: Model,
  change: (name: string, value: TensorValue) => TensorValue | undefined,
): Model {
  const constants = [...model.graph.constants].map(
    ([name, value]) => [name, change(name, value) ?? value] as const,
  );
  return model.withGraph(freezeGraph({ ...model.graph, constants: new Map(constants) }));
}

/** One output channel of float weights, multiplied. */
export const channelTimes = (value: TensorValue, channel: number, factor: number): TensorValue => {
  const size = value.data.length / value.dims[0]!;
  return f32(
    value.dims,
    toNumbers(value).map((v, i) => (Math.floor(i / size) === channel ? v * factor : v)),
  );
};

/** The graph under other names: of nodes, of values, of constants. */
export function renamed(graph: Graph): Graph {
  const keep = new Set([...graph.inputs, ...graph.outputs].map(({ name }) => name));
  const other = (name: string): string => (name === '' || keep.has(name) ? name : `other/${name}`);
  return freezeGraph({
    ...graph,
    constants: new Map([...graph.constants].map(([name, value]) => [other(name), value])),
    nodes: graph.nodes.map((node, i) => ({
      ...node,
      name: `n${i}`,
      inputs: node.inputs.map(other),
      outputs: node.outputs.map(other),
    })),
  });
}

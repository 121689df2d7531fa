// Runs a pass on a graph and checks what every pass owes: a legal graph with the same inputs, outputs and results.
import { GraphBuilder } from '../../lib/graph/builder.js';
import { type Graph, opKey } from '../../lib/graph/graph.js';
import { verify } from '../../lib/graph/verify.js';
import type { Pass } from '../../lib/passes/pass.js';
import { runReference } from '../../lib/run/reference.js';
import { f32, fromNumbers, type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';
import { randomFloats } from './random-floats.js';

export interface PassResult {
  readonly graph: Graph;
  /** Operators after the pass, in order. */
  readonly ops: readonly string[];
}

/** `tolerance`: relative to the largest result; 0 asks for equal bits. */
export function checkPass(pass: Pass | readonly Pass[], graph: Graph, tolerance = 1e-5): PassResult {
  const after = [pass].flat().reduce((g, p) => verify(p.run(g)), graph);
  expect(after.inputs).toEqual(graph.inputs);
  expect(after.outputs).toEqual(graph.outputs);
  for (const seed of [1, 2, 3]) {
    const feeds = new Map<string, TensorValue>(
      graph.inputs.map(({ name, dims, dtype }, i) => {
        const sizes = dims!.map((d) => (typeof d === 'number' ? d : 4));
        const count = sizes.reduce((a, b) => a * b, 1);
        const floats = randomFloats(count, seed * 31 + i, 4);
        if (dtype === 'float32') return [name, f32(sizes, floats)];
        return [
          name,
          fromNumbers(
            dtype,
            sizes,
            floats.map((v) => Math.abs(Math.trunc(v * 30))),
          ),
        ];
      }),
    );
    const [was, is] = [runReference(graph, feeds), runReference(after, feeds)];
    for (const [name, value] of was) {
      const [a, b] = [toNumbers(value), toNumbers(is.get(name)!)];
      expect(is.get(name)).toMatchObject({ dtype: value.dtype, dims: value.dims });
      const scale = a.reduce((m, v) => Math.max(m, Math.abs(v)), 1);
      a.forEach((v, i) => {
        if (!(Math.abs(v - b[i]) <= tolerance * scale)) throw new Error(`${name}[${i}]: ${v} became ${b[i]}`);
      });
    }
  }
  return { graph: after, ops: after.nodes.map(opKey) };
}

/** A builder with a float32 input x, and short names for what graphs of tests need. */
export class TestGraph extends GraphBuilder {
  readonly x: string;
  #seed = 5;

  constructor(dims: readonly (number | string)[] = [1, 3, 5, 5]) {
    super('test');
    this.x = this.input('x', 'float32', dims);
  }

  /** A random float32 constant, of reach 1. */
  weights(...dims: number[]): string {
    const count = dims.reduce((a, b) => a * b, 1);
    return this.constant('w', f32(dims, randomFloats(count, this.#seed++)));
  }

  number(value: number): string {
    return this.constant('c', f32([], [value]));
  }

  /** A number with `axes` axes of size 1. */
  numberOfRank(value: number, axes: number): string {
    return this.constant('c', f32(new Array<number>(axes).fill(1), [value]));
  }

  op(op: string, inputs: readonly string[], attributes: Parameters<GraphBuilder['node']>[2] = {}): string {
    return this.node(op, inputs, attributes)[0];
  }

  /** Conv with `filters` of 3x3 over `channels`. */
  conv(x: string, filters = 4, channels = 3): string {
    return this.op('Conv', [x, this.weights(filters, channels, 3, 3), this.weights(filters)]);
  }

  /** QuantizeLinear and DequantizeLinear to 8 bits. */
  qdq(x: string, scale: number, zero: number, dtype: 'uint8' | 'int8' = 'uint8'): string {
    const params = [this.constant('s', f32([], [scale])), this.constant('z', fromNumbers(dtype, [], [zero]))];
    return this.op('DequantizeLinear', [this.op('QuantizeLinear', [x, ...params]), ...params]);
  }

  /** The graph with these values as float32 outputs. */
  done(...outputs: string[]): Graph {
    for (const name of outputs) this.output(name, 'float32');
    return this.build();
  }
}

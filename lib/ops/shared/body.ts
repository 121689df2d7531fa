// A body: an operator as a graph of operators that have steps, for the plan to take in place of the node (OpDef.inline).
import { attr } from '../../graph/attribute.js';
import { GraphBuilder } from '../../graph/builder.js';
import type { Attribute, Domain, Graph } from '../../graph/graph.js';
import type { DType } from '../../tensor/dtype.js';
import { f32, i64 } from '../../tensor/tensor.js';
import type { InferContext } from '../op.js';

export class Body {
  readonly graph: GraphBuilder;

  constructor(protected readonly ctx: InferContext) {
    this.graph = new GraphBuilder('body', { '': ctx.opset }, ctx.node.inputs);
  }

  one(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    domain: Domain = '',
  ): string {
    return this.graph.node(op, inputs, attributes, { domain })[0];
  }

  /** Name of input i of the node. */
  input(i: number): string {
    return this.ctx.node.inputs[i];
  }

  scalar(value: number): string {
    return this.graph.constant('scalar', f32([], [value]));
  }

  reshape(x: string, dims: readonly number[]): string {
    return this.one('Reshape', [x, this.graph.constant('shape', i64(dims))], { allowzero: attr.int(1) });
  }

  transpose(x: string, perm: readonly number[]): string {
    return this.one('Transpose', [x], { perm: attr.ints(perm) });
  }

  add(a: string, b: string): string {
    return this.one('Add', [a, b]);
  }

  multiply(a: string, factor: number): string {
    return this.one('Mul', [a, this.scalar(factor)]);
  }

  square(x: string): string {
    return this.one('Pow', [x, this.scalar(2)]);
  }

  slice(x: string, start: number, end: number, axis: number, step = 1): string {
    const list = (v: number) => this.graph.constant('slice', i64([v]));
    return this.one('Slice', [x, list(start), list(end), list(axis), list(step)]);
  }

  concat(parts: readonly string[], axis: number): string {
    return this.one('Concat', parts, { axis: attr.int(axis) });
  }

  /** A reduction over some axes, which stay with size 1. */
  reduce(op: string, x: string, axes: readonly number[]): string {
    const attributes = { keepdims: attr.int(1), noop_with_empty_axes: attr.int(1) };
    return this.one(op, [x, this.graph.constant('axes', i64(axes))], attributes);
  }

  finish(outputs: readonly string[], dtype: DType = 'float32'): Graph {
    for (const name of outputs) this.graph.output(name, dtype);
    return this.graph.build();
  }
}

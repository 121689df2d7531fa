// One node of the training domain, by its reference.
import type { Attribute } from '../../lib/graph/graph.js';
import { opOf } from '../../lib/ops/index.js';
import { type TensorValue, toNumbers } from '../../lib/tensor/tensor.js';

/** Outputs as numbers. */
export function training(
  op: string,
  inputs: readonly TensorValue[],
  outputs: number,
  attributes: Readonly<Record<string, Attribute>>,
): number[][] {
  const node = {
    name: op,
    op,
    domain: 'ai.onnx.preview.training',
    inputs: inputs.map((_, i) => `i${i}`),
    outputs: Array.from({ length: outputs }, (_, i) => `y${i}`),
    attributes,
  };
  return opOf(node)
    .reference({ node, opset: 1, inputs, where: op })
    .map((value) => [...toNumbers(value)]);
}

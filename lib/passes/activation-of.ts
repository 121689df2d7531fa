// Which fused activation a node is: the operator's own lowering says it, recorded instead of planned.
import { type Node, opKey } from '../graph/graph.js';
import type { GraphEditor } from '../graph/rewrite.js';
import { ops } from '../ops/index.js';
import type { Buffer, LowerContext, TensorType } from '../ops/op.js';
import type { UnaryKind } from '../ops/shared/unary-kind.js';
import type { StepParams } from '../ops/steps.js';

export interface Activation {
  readonly activation: UnaryKind;
  readonly alpha: number;
  readonly beta: number;
}

/** The activation that a node computes on float32 when input 0, and nothing else, is not constant; undefined for others. */
export function activationOf(editor: GraphEditor, node: Node, opset: number): Activation | undefined {
  const def = ops.get(opKey(node));
  if (def === undefined || def.quantize.kind !== 'table' || def.lower === 'host') return undefined;
  // An input that is known at run time only must not pass for an absent one, as the bounds of a Clip.
  const isVariable = (name: string): boolean => name !== '' && editor.constant(name) === undefined;
  const [x, ...others] = node.inputs as [string, ...string[]];
  if (node.outputs.length !== 1 || !isVariable(x) || others.some(isVariable)) return undefined;
  const steps: Activation[] = [];
  let otherSteps = 0;
  const type: TensorType = { dtype: 'float32', dims: [1] };
  const buffer: Buffer = { id: 0, ...type, layout: 'plain' };
  const recorder: LowerContext = {
    node,
    opset,
    where: `${node.op} node '${node.name}'`,
    inputs: node.inputs.map((name, i) => (name === '' ? undefined : i === 0 ? type : editor.constant(name))),
    outputs: [type],
    value: (i) => editor.constant(node.inputs[i] ?? ''),
    layoutOf: () => 'plain',
    read: () => buffer,
    constant: () => buffer,
    write: () => buffer,
    writeOver: () => buffer,
    alias: () => {
      otherSteps++;
    },
    reshape: () => buffer,
    temporary: () => buffer,
    emit: (kind, _, __, params) => {
      if (kind !== 'unary_f32') {
        otherSteps++;
        return;
      }
      const { op, alpha, beta } = params as StepParams['unary_f32'];
      steps.push({ activation: op, alpha, beta });
    },
  };
  const lowered = def.lower(recorder);
  return lowered && otherSteps === 0 && steps.length === 1 ? steps[0] : undefined;
}

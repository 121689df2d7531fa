// The training form of a model: a fixed batch, parameters and running statistics as inputs, BatchNormalization by the batch,
// Dropout that drops.
import { KompaktError } from '../errors.js';
import type { Graph, Node, ValueInfo } from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { withDomains } from '../graph/opsets.js';
import { collectNames } from '../graph/uses.js';
import { float, int } from '../ops/gradients/emit.js';
import { opOf } from '../ops/index.js';
import { floatAttr } from '../ops/op.js';
import { defaultEpsilon, defaultMomentum } from '../ops/shared/batch-norm.js';
import { scalarOf, type TensorValue } from '../tensor/tensor.js';
import { isMover } from './plain-weights.js';

export interface TrainingForm {
  readonly graph: Graph;
  /** Running statistics: the constant of the model that is an input now, and the output that replaces it. */
  readonly statistics: readonly { readonly name: string; readonly next: string }[];
  /** int64 [1]: the number of the step, for operators that draw random numbers. */
  readonly step: string;
}

/** Constants that are trained unless the user names others: those that every consumer takes as a parameter, also one that another
 *  reads in another form. */
export function parametersOf(graph: Graph): string[] {
  const others = new Set<string>();
  const learned = new Set<string>();
  // From the end: what becomes of a moved weight is known before the weight.
  for (const node of [...graph.nodes].reverse()) {
    const [output] = node.outputs;
    const moved = isMover(node) && learned.has(output!) && !others.has(output!);
    node.inputs.forEach((name, i) => {
      ((moved && i === 0) || opOf(node).learns?.includes(i) ? learned : others).add(name);
    });
  }
  return [...graph.constants]
    .filter(([, value]) => value.dtype === 'float32' && value.dims.length > 0)
    .map(([name]) => name)
    .filter((name) => learned.has(name) && !others.has(name));
}

const withBatch = (input: ValueInfo, batch: number): ValueInfo => {
  const dims = input.dims?.map((d, axis) => (axis === 0 ? batch : d));
  if (dims === undefined || dims.length === 0 || dims.some((d) => typeof d !== 'number'))
    throw new KompaktError(
      'KPT_SHAPE_MISMATCH',
      `Input '${input.name}' needs concrete dimensions behind the batch to be trained, not [${input.dims ?? '?'}].`,
      { input: input.name },
    );
  return { ...input, dims };
};

/** The constants named in `changing` become inputs. `seed` makes the dropout of every node another one. */
export function trainingForm(
  model: Graph,
  batch: number,
  changing: readonly string[],
  seed: number,
): TrainingForm {
  const taken = new Set<string>();
  collectNames(model, taken);
  const names = new Names(taken);
  const step = names.fresh('step');
  const nodes = model.nodes.map((node, i): Node => {
    if (node.op === 'BatchNormalization' && node.domain === '')
      return batchNormNode(model, node, names) ?? node;
    if (node.op === 'Dropout' && node.domain === '') return dropoutNode(model, node, step, seed + i);
    return node;
  });
  const statistics = nodes.flatMap((node) =>
    (opOf(node).updates ?? [])
      .map(([input, output]) => ({ name: node.inputs[input]!, next: node.outputs[output]! }))
      .filter(({ name }) => model.constants.has(name)),
  );
  const moved = new Set([...changing, ...statistics.map(({ name }) => name)]);
  const asInput = (name: string): ValueInfo => {
    const { dtype, dims } = model.constants.get(name)!;
    return { name, dtype, dims };
  };
  return {
    graph: {
      ...model,
      nodes,
      inputs: [
        ...model.inputs
          .filter(({ name }) => !model.constants.has(name))
          .map((input) => withBatch(input, batch)),
        { name: step, dtype: 'int64', dims: [1] },
        ...[...moved].map(asInput),
      ],
      constants: new Map([...model.constants].filter(([name]) => !moved.has(name))),
      opsets: withDomains(model.opsets, nodes),
    },
    statistics,
    step,
  };
}

/** The node by the statistics of the batch; undefined where statistics are no constants of this node alone. */
function batchNormNode(model: Graph, node: Node, names: Names): Node | undefined {
  const own = node.inputs.slice(3, 5);
  const users = model.nodes.filter(({ inputs }) => own.some((name) => inputs.includes(name)));
  if (users.length !== 1 || !own.every((name) => model.constants.has(name))) return undefined;
  const extra = ['next_mean', 'next_variance', 'mean', 'inverse'].map((hint) =>
    names.fresh(`${node.name}/${hint}`),
  );
  return {
    ...node,
    op: 'BatchNormTraining',
    domain: 'ai.kompakt',
    outputs: [node.outputs[0]!, ...extra],
    attributes: {
      epsilon: float(floatAttr(node, 'epsilon', defaultEpsilon)),
      momentum: float(floatAttr(node, 'momentum', defaultMomentum)),
    },
  };
}

function dropoutNode(model: Graph, node: Node, step: string, seed: number): Node {
  const ratio = ratioOf(model.constants.get(node.inputs[1] ?? ''), node);
  if (ratio === undefined || ratio === 0) return node;
  return {
    ...node,
    op: 'DropoutTraining',
    domain: 'ai.kompakt',
    inputs: [node.inputs[0]!, step],
    outputs: node.outputs.slice(0, 1),
    attributes: { ratio: float(ratio), seed: int(seed | 0) },
  };
}

/** 0.5 where the node does not say; undefined where it is no constant. */
const ratioOf = (value: TensorValue | undefined, node: Node): number | undefined => {
  if ((node.inputs[1] ?? '') === '') return 0.5;
  return value && scalarOf(value, `Dropout node '${node.name}'`);
};

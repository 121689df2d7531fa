// Preparations of a model for binary training: first with binary activations and real weights, then with both.
import type { Graph } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import type { Preparation } from '../../train/preparation.js';
import { parametersOf } from '../../train/training-form.js';
import type { BinaryForm } from './activations.js';
import { EditorWriter } from './graph-writer.js';
import type { BinaryLayer } from './layers.js';
import type { BinaryMethod, WeightForm } from './method.js';
import { binaryWeights, Parameters, Signs } from './signs.js';
import { toBits } from './to-bits.js';

const identityOf = (method: BinaryMethod, layers: readonly BinaryLayer[], stage: string) => ({
  binarize: { method: method.name, layers: layers.map(({ node, form }) => `${node} ${form}`), stage },
});

/** What is trained: everything that layers learn, and what the parts of binarisation brought. */
const trainableOf = (graph: Graph, parameters: Parameters): string[] =>
  [...new Set([...parametersOf(graph), ...parameters.rules.keys()])].filter((name) =>
    graph.constants.has(name),
  );

/** Real weights behind binary activations. What is kept is the training form: the next stage begins with it. */
export function activationStage(
  form: BinaryForm,
  method: BinaryMethod,
  layers: readonly BinaryLayer[],
): Preparation {
  return preparation(form, identityOf(method, layers, 'activations'), (trained) => trained);
}

/** Binary weights in a graph whose activations are binary already; what is kept has bits. */
export function weightStage(
  form: BinaryForm,
  graph: Graph,
  method: BinaryMethod,
  layers: readonly BinaryLayer[],
): Preparation {
  const binary = withBinaryWeights({ ...form, graph }, layers, method.weights);
  return preparation(binary, identityOf(method, layers, 'weights'), toBits);
}

function preparation(
  { graph, parameters, progress }: BinaryForm,
  identity: Preparation['identity'],
  finish: Preparation['finish'],
): Preparation {
  return {
    graph,
    trainable: trainableOf(graph, parameters),
    rules: parameters.rules,
    ...(progress !== undefined && { progress }),
    identity,
    finish,
  };
}

/** The graph in which layers read binary weights; the constants with the latent ones keep their names, unless others read them. */
export function withBinaryWeights(
  { graph, parameters: before, progress }: BinaryForm,
  layers: readonly BinaryLayer[],
  form: WeightForm,
): BinaryForm {
  const parameters = new Parameters(before);
  const editor = new GraphEditor(graph);
  const writer = new EditorWriter(editor);
  const signs = new Signs(writer, progress);
  // Layers that share weights, and read the output channels from the same axis.
  const shared = new Map<string, BinaryLayer[]>();
  for (const layer of layers) {
    const key = `${layer.axis} ${layer.weight}`;
    shared.set(key, [...(shared.get(key) ?? []), layer]);
  }
  for (const sharing of shared.values()) {
    const { weight, axis } = sharing[0]!;
    const names = new Set(sharing.map(({ node }) => node));
    const users = editor.consumers(weight).filter((node) => names.has(node.name));
    const value = editor.constant(weight)!;
    // Signs and bounds are for these layers only: one that is kept, or whatever else reads the constant, goes on with its numbers.
    const others = users.length < editor.consumers(weight).length || editor.isGraphOutput(weight);
    const own = others ? writer.constant(`${weight}/latent`, value) : weight;
    const binary = binaryWeights(signs, parameters, form, own, value, axis);
    for (const node of users) editor.replace([node], [{ ...node, inputs: node.inputs.with(1, binary) }]);
  }
  return { graph: editor.finish(), parameters, progress: signs.progress };
}

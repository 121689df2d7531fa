// Sharpness-aware minimisation (Foret et al. 2021, arXiv:2010.01412, algorithm 1): the update takes the gradients not where the weights
// are, but where the loss is highest nearby, which is one step of length rho along the gradients of all weights together
// (equation 2 for p = 2). The model is in the graph twice, with the same batch and the same random numbers.
import type { Graph } from '../graph/graph.js';
import { renameInNode } from '../graph/uses.js';
import { GraphWriter } from '../graph/writer.js';
import { emit, emitOwn, float, multiply, reshape, scalar } from '../ops/gradients/emit.js';
import { opOf } from '../ops/index.js';
import { differentiate } from '../run/differentiate.js';

export interface SharpnessOptions {
  readonly rho: number;
  /** Of the trained constants, those that the step moves. */
  readonly moves: (name: string) => boolean;
}

/** So small that GradientScale never answers 1. */
const shortest = 2 ** -40;

/** As differentiate(source, loss, trainable), with the gradients behind the step; the loss and the state of the first pass stay. */
export function sharpGradients(
  source: Graph,
  loss: string,
  trainable: readonly string[],
  { rho, moves }: SharpnessOptions,
): Graph {
  const moving = trainable.filter(moves);
  const once = differentiate(source, loss, moving);
  const writer = new GraphWriter(once);
  const gradients = once.outputs.slice(source.outputs.length).map(({ name }) => name);
  const places = new Map<string, string>();
  if (moving.length > 0) {
    const scale = reshape(
      writer,
      emitOwn(writer, 'GradientScale', gradients, { limit: float(shortest) }),
      [],
    );
    const length = multiply(writer, scale, scalar(writer, 'float32', rho / shortest));
    moving.forEach((name, i) => {
      places.set(name, emit(writer, 'Add', [name, multiply(writer, gradients[i]!, length)]));
    });
  }
  // What does not move needs a name of its own too: the step shall not be differentiated.
  for (const name of trainable) if (!places.has(name)) places.set(name, emit(writer, 'Identity', [name]));
  const again = secondPass(writer, source, places);
  return differentiate(
    writer.graph(source.outputs),
    again.get(loss)!,
    trainable.map((name) => places.get(name)!),
  );
}

/** Writes the nodes of a graph once more, with other values for some; what has state goes on from that of the first pass: masks and
 *  ranges are the same, and only the first pass is remembered. */
function secondPass(
  writer: GraphWriter,
  { nodes }: Graph,
  places: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const names = new Map(places);
  for (const node of nodes) {
    const state = new Map(opOf(node).updates?.map(([input, output]) => [input, node.outputs[output]!]));
    const { op, domain, attributes, inputs } = renameInNode(node, (name) => names.get(name) ?? name);
    const outputs = writer.add(
      op,
      inputs.map((name, i) => state.get(i) ?? name),
      attributes,
      { domain, outputs: node.outputs.length },
    );
    node.outputs.forEach((name, i) => {
      names.set(name, outputs[i]!);
    });
  }
  return names;
}

// What binarisation made of each layer, and what that means for size and speed.
import type { Graph, Node } from '../../graph/graph.js';
import { producersOf } from '../../graph/order.js';
import { storedBytes } from '../../tensor/tensor.js';
import type { TrainingReport } from '../../train/events.js';
import type { Layers } from './layers.js';

/** The arithmetic that a layer runs with. */
export type Arithmetic = 'bits' | 'int8' | 'float';

export interface BinarizedLayer {
  readonly name: string;
  readonly op: string;
  /** Bits of weights and activations as in W1A1; null where the layer was not made binary. */
  readonly form: string | null;
  /** Why it was not. */
  readonly why: string | null;
  readonly runs: Arithmetic;
  /** Weights with their bias, scales and thresholds. */
  readonly bytesBefore: number;
  readonly bytesAfter: number;
}

export interface BinarizeReport {
  readonly method: string;
  readonly layers: readonly BinarizedLayer[];
  /** Whether the model given could tell classes apart already. */
  readonly trained: boolean;
  /** Of the stage with real weights behind binary activations, and of the one with binary weights. */
  readonly activationStage: TrainingReport | null;
  readonly weightStage: TrainingReport;
  /** Share of right answers on the evaluation samples of the model given and of the one made; null without samples. */
  readonly accuracyBefore: number | null;
  readonly accuracyAfter: number | null;
  readonly notes: readonly string[];
}

/** Bytes of the constants from which the parameters of a node are made. */
function parameterBytes(graph: Graph, node: Node, producers: ReadonlyMap<string, Node>): number {
  const seen = new Set<string>();
  const visit = (name: string): number => {
    if (name === '' || seen.has(name)) return 0;
    seen.add(name);
    const constant = graph.constants.get(name);
    if (constant !== undefined) return storedBytes(constant);
    const maker = producers.get(name);
    return maker?.op === 'DequantizeLinear' ? maker.inputs.reduce((sum, input) => sum + visit(input), 0) : 0;
  };
  return node.inputs.slice(1).reduce((sum, name) => sum + visit(name), 0);
}

/** Layers keep their names, so both graphs can be compared. */
export function describeLayers(
  before: Graph,
  after: Graph,
  { binary, kept }: Layers,
  activationBits: number,
): BinarizedLayer[] {
  const [oldProducers, newProducers] = [producersOf(before.nodes), producersOf(after.nodes)];
  const find = (graph: Graph, name: string): Node | undefined =>
    graph.nodes.find((node) => node.name === name);
  const runs = (node: Node): Arithmetic => {
    if (node.op.startsWith('Binary')) return 'bits';
    return newProducers.get(node.inputs[1] ?? '')?.op === 'DequantizeLinear' ? 'int8' : 'float';
  };
  const describe = (name: string, form: string | null, why: string | null): BinarizedLayer[] => {
    const [old, made] = [find(before, name), find(after, name)];
    // A layer that clean-up made part of another has no line of its own.
    if (old === undefined || made === undefined) return [];
    return [
      {
        name,
        op: old.op,
        form,
        why,
        runs: runs(made),
        bytesBefore: parameterBytes(before, old, oldProducers),
        bytesAfter: parameterBytes(after, made, newProducers),
      },
    ];
  };
  const described = new Map([
    ...binary.map(({ node, form }) => {
      const bits = form === 'binary' ? 1 : activationBits === 8 ? 8 : 32;
      return [node, describe(node, `W1A${bits}`, null)] as const;
    }),
    ...kept.map(({ node, why }) => [node, describe(node, null, why)] as const),
  ]);
  return before.nodes.flatMap(({ name }) => described.get(name) ?? []);
}

/** What a reader of the table must not expect. */
export function notesOf(layers: readonly BinarizedLayer[], method: string): string[] {
  const notes: string[] = [];
  const some = (test: (layer: BinarizedLayer) => boolean): boolean => layers.some(test);
  if (some(({ form, runs }) => form === 'W1A1' && runs !== 'bits'))
    notes.push(
      method === 'twn'
        ? 'Ternary weights are no bits: layers with binary activations run in float.'
        : 'Some layers with binary weights and activations have no one-bit form and run in float.',
    );
  if (some(({ form, runs }) => form !== null && runs === 'int8'))
    notes.push(
      'Binary weights behind 8-bit activations are stored and run as INT8: neither smaller nor faster.',
    );
  if (some(({ form, runs }) => form === 'W1A32' && runs === 'float'))
    notes.push(
      'Binary weights behind float activations are stored and run as float32: neither smaller nor faster.',
    );
  if (some(({ form, runs }) => form === null && runs === 'float'))
    notes.push('Layers that are not binary stay in float32.');
  return notes;
}

// describe(): the nodes of a planned model, where each runs, what it costs.

import { opKey } from '../graph/graph.js';
import { opOf } from '../ops/index.js';
import type { TensorType } from '../ops/op.js';
import { inferContext } from '../run/inference.js';
import type { GraphRunner } from '../run/runner.js';
import type { Dims } from '../tensor/shape.js';

export interface NodeDescription {
  readonly name: string;
  readonly op: string;
  /** native: steps of the engine; view: no work; folded: computed while planning; reference: by the slow interpreter;
   *  deferred: its shape depends on data, so it is planned when the model runs. */
  readonly where: 'native' | 'view' | 'folded' | 'reference' | 'deferred';
  /** True when no reference is involved. */
  readonly native: boolean;
  readonly steps: readonly string[];
  readonly macs: number;
  readonly weightBytes: number;
  readonly outputDims: readonly Dims[];
}

export interface Description {
  readonly nodes: readonly NodeDescription[];
  readonly macs: number;
  /** Bytes of constants as the graph holds them. */
  readonly weightBytes: number;
  readonly arenaBytes: number;
}

export function describePlan(runner: GraphRunner, types: ReadonlyMap<string, TensorType>): Description {
  const plan = runner.explain(types);
  const { graph } = runner;
  const facts = (name: string) => {
    const location = plan.locations.get(name);
    if (location === undefined) return undefined;
    return location.known === undefined
      ? { type: location.type }
      : { type: location.type, value: location.known };
  };
  const kinds: string[][] = plan.nodes.map(() => []);
  plan.stepKinds.forEach((kind, i) => {
    kinds[plan.stepNodes[i]!]?.push(kind);
  });
  const nodes: NodeDescription[] = plan.nodes.map(({ node, host, folded, steps, outputs }, i) => {
    const cost = folded
      ? { macs: 0, weightBytes: 0 }
      : opOf(node).cost(inferContext(graph, node, facts), outputs);
    return {
      name: node.name,
      op: opKey(node),
      where: host ? 'reference' : folded ? 'folded' : steps > 0 ? 'native' : 'view',
      native: !host,
      steps: kinds[i]!,
      macs: cost.macs,
      weightBytes: cost.weightBytes,
      outputDims: outputs.map((o) => o.dims),
    };
  });
  for (const node of plan.cut === undefined ? [] : [plan.cut.node, ...(plan.cut.rest?.nodes ?? [])])
    nodes.push({
      name: node.name,
      op: opKey(node),
      where: 'deferred',
      native: false,
      steps: [],
      macs: 0,
      weightBytes: 0,
      outputDims: [],
    });
  let weightBytes = 0;
  for (const value of graph.constants.values())
    weightBytes += Array.isArray(value.data) ? 0 : (value.data as Uint8Array).byteLength;
  return {
    nodes,
    macs: nodes.reduce((sum, node) => sum + node.macs, 0),
    weightBytes,
    arenaBytes: plan.arenaBytes,
  };
}

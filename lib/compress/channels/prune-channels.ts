// Structured pruning of a graph: whole channels leave it.
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { chooseLayers } from '../prune/layers.js';
import type { LayerChoice } from '../prune/options.js';
import { type Candidates, chooseChannels } from './choose.js';
import { type Coupling, coupleChannels } from './coupling.js';
import { factsOf, shapesOf } from './facts.js';
import { type Grouping, groupChannels } from './groups.js';
import { importances } from './importances/index.js';
import { misfitsOf } from './misfits.js';
import type { CompleteChannelOptions } from './options.js';
import { type ChannelsReport, reportChannels, whyWhole } from './report.js';
import { shrinkGraph, stayingOf } from './shrink.js';
import { Work } from './work.js';

/** `node`: of the graph with all its channels. */
export type Staying = (node: Node, axis: number) => readonly number[] | undefined;

/** Removes channels. Throws KPT_OPTION_INVALID where none may leave or the target cannot be reached. */
export function pruneChannels(
  graph: Graph,
  layers: LayerChoice,
  options: CompleteChannelOptions,
  effects: Candidates['effects'] = () => undefined,
): {
  readonly graph: Graph;
  readonly report: ChannelsReport;
  /** Indices that stay of an axis of a node's output; undefined where all do. */
  readonly staying: Staying;
} {
  const importance = importances.find(({ name }) => name === options.importance)!;
  const prunable = new Set(chooseLayers(graph, layers).map(({ weight }) => weight));
  const shapes = shapesOf(graph, options.shapes);
  const facts = factsOf(graph, shapes);
  const held = new Map<string, string>();
  // Each turn holds a node more.
  for (;;) {
    const coupling = coupleChannels(graph, facts, { prunable, held });
    const grouping = groupChannels(coupling);
    if (grouping.count === 0) nothingLeaves(graph, coupling, grouping);
    const work = new Work(graph, facts, coupling, grouping);
    const chosen = chooseChannels(
      { coupling, grouping, work, constants: graph.constants, effects },
      importance,
      options,
    );
    const gone = (slot: number): boolean => chosen[grouping.channelOf[slot]!] === 1;
    const smaller = shrinkGraph(graph, facts, coupling, gone);
    const misfits = misfitsOf(graph, facts, coupling, gone, smaller, shapes);
    if (misfits.size > 0) {
      for (const [node, why] of misfits) {
        if (held.get(node) === why)
          throw new KompaktError('KPT_INTERNAL', `Channels left, and then ${why}.`, { node });
        held.set(node, why);
      }
      continue;
    }
    const after = { graph: smaller, facts: factsOf(smaller, shapes) };
    const report = reportChannels({ graph, facts }, after, coupling, grouping, chosen);
    const staying: Staying = (node, axis) => stayingOf(coupling.axesOf(node, 'output', 0)?.[axis], gone);
    return {
      graph: smaller,
      staying,
      report: { importance: importance.name, scope: options.scope, ...report },
    };
  }
}

function nothingLeaves(graph: Graph, coupling: Coupling, { channelOf }: Grouping): never {
  const makers = new Set(coupling.parts.filter(({ role }) => role === 'makes').map(({ node }) => node));
  const reasons = graph.nodes.flatMap((node) =>
    makers.has(node) ? [`'${node.name}': ${whyWhole(node, coupling, channelOf)}`] : [],
  );
  throw new KompaktError(
    'KPT_OPTION_INVALID',
    `No channel may leave, because of what each layer makes. ${reasons.join('; ') || 'No layer makes more than one'}.`,
  );
}

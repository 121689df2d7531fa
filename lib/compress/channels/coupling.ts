// Which channels of a graph can only leave together, and which cannot leave: found by asking every operator how channels go
// through it. After DepGraph (Fang et al. 2023, arXiv:2301.12900, section 3), with single indices of axes in place of layers:
// offsets of Concat, Flatten and the like need no rules of their own.

import { KompaktError } from '../../errors.js';
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { capturesOf, subgraphsOf } from '../../graph/uses.js';
import { ops } from '../../ops/index.js';
import type { OpDef, TensorType } from '../../ops/op.js';
import type { ChannelContext, ChannelEnd, ChannelLink } from '../../ops/shared/channels.js';
import { describeNode, inferContext } from '../../run/inference.js';
import type { GraphFacts } from './facts.js';
import { Slots } from './slots.js';

/** What a constant has to do with its channels: it makes them, sums over them, scales them, or goes along, as a bias does. */
export type Role = 'makes' | 'sums' | 'scales' | 'follows';

/** The indices of one axis: slot `base + i`. */
export interface AxisSlots {
  readonly base: number;
  readonly size: number;
}

/** An axis of a constant along which channels lie. */
export interface Part extends AxisSlots {
  readonly node: Node;
  readonly constant: string;
  readonly axis: number;
  readonly role: Role;
}

/** A factor of the work of a node: it goes with the share of these channels that stays. */
export interface Factor {
  readonly node: Node;
  readonly slots: Int32Array;
}

export interface Coupling {
  readonly slots: Slots;
  readonly reasons: readonly string[];
  readonly axes: readonly AxisSlots[];
  readonly parts: readonly Part[];
  readonly factors: readonly Factor[];
  /** Slots of each axis of an input or output of a node; undefined for an axis of 1. */
  axesOf(node: Node, of: 'input' | 'output', index: number): readonly (AxisSlots | undefined)[] | undefined;
}

export interface CouplingOptions {
  /** Weights whose layers may lose the channels that they make. */
  readonly prunable: ReadonlySet<string>;
  /** Nodes through which no channel may be lost, each with the reason. */
  readonly held: ReadonlyMap<string, string>;
}

export function coupleChannels(graph: Graph, facts: GraphFacts, options: CouplingOptions): Coupling {
  return new Coupler(graph, facts, options).run();
}

const absent: TensorType = { dtype: 'float32', dims: [] };

class Coupler {
  readonly #slots = new Slots();
  readonly #reasons: string[] = [];
  readonly #axes: AxisSlots[] = [];
  readonly #values = new Map<string, readonly (AxisSlots | undefined)[]>();
  readonly #parts: Part[] = [];
  readonly #factors: Factor[] = [];
  readonly #inputs: ReadonlySet<string>;
  readonly #weights: ReadonlySet<string>;

  constructor(
    readonly graph: Graph,
    readonly facts: GraphFacts,
    readonly options: CouplingOptions,
  ) {
    this.#inputs = new Set(graph.inputs.map(({ name }) => name));
    this.#weights = weightsOf(graph);
  }

  run(): Coupling {
    this.#hold(
      this.graph.inputs.map(({ name }) => name),
      'they are an input of the model',
    );
    for (const node of this.graph.nodes) this.#couple(node);
    this.#hold(
      this.graph.outputs.map(({ name }) => name),
      'they are an output of the model',
    );
    const axesOf: Coupling['axesOf'] = (node, of, index) => this.#axesOf(node, of, index);
    const [slots, reasons, axes, parts, factors] = [
      this.#slots,
      this.#reasons,
      this.#axes,
      this.#parts,
      this.#factors,
    ];
    return { slots, reasons, axes, parts, factors, axesOf };
  }

  /** Constants have slots of their own at every use, because exporters give equal ones to many nodes; weights of layers that
   *  share them stay shared. */
  #key(node: Node, of: 'input' | 'output', index: number): string {
    const name = (of === 'input' ? node.inputs : node.outputs)[index] ?? '';
    const own = of === 'input' && this.graph.constants.has(name);
    return own && !this.#inputs.has(name) && !this.#weights.has(name) ? `${node.name}\n${index}` : name;
  }

  #axesOf(node: Node, of: 'input' | 'output', index: number): readonly (AxisSlots | undefined)[] | undefined {
    const name = (of === 'input' ? node.inputs : node.outputs)[index] ?? '';
    return name === '' ? undefined : this.#valueAxes(this.#key(node, of, index), name);
  }

  #valueAxes(key: string, name: string): readonly (AxisSlots | undefined)[] | undefined {
    const known = this.#values.get(key);
    const type = this.facts.of(name)?.type;
    if (known !== undefined || type === undefined) return known;
    const axes = type.dims.map((size): AxisSlots | undefined => {
      if (size < 2) return undefined;
      const axis = { base: this.#slots.add(size), size };
      this.#axes.push(axis);
      return axis;
    });
    this.#values.set(key, axes);
    return axes;
  }

  #reason(why: string): number {
    const at = this.#reasons.lastIndexOf(why);
    return at >= 0 ? at : this.#reasons.push(why) - 1;
  }

  #pin(axis: AxisSlots | undefined, why: string, but: (slot: number) => boolean = () => false): void {
    if (axis === undefined) return;
    const reason = this.#reason(why);
    for (let slot = axis.base; slot < axis.base + axis.size; slot++)
      if (!but(slot)) this.#slots.pin(slot, reason);
  }

  #hold(names: readonly string[], why: string): void {
    for (const name of names) for (const axis of this.#valueAxes(name, name) ?? []) this.#pin(axis, why);
  }

  #couple(node: Node): void {
    const def = ops.get(opKey(node));
    const why = this.options.held.get(node.name);
    if (this.facts.known.has(node) && why === undefined) {
      for (const i of node.outputs.keys())
        for (const axis of this.#axesOf(node, 'output', i) ?? [])
          this.#pin(axis, `${describeNode(node)} computes a shape`);
      return;
    }
    const ctx = def && this.#context(node);
    const links = why === undefined && ctx !== undefined && def?.channels ? def.channels.links(ctx) : [];
    const covered = new Set<number>();
    for (const link of links) this.#join(node, def!, link, covered);
    const stays = why ?? `${describeNode(node)} needs all of them`;
    for (const side of ['input', 'output'] as const)
      for (const i of (side === 'input' ? node.inputs : node.outputs).keys())
        for (const axis of this.#axesOf(node, side, i) ?? [])
          this.#pin(axis, stays, (slot) => covered.has(slot));
    for (const body of subgraphsOf(node)) this.#hold(capturesOf(body), stays);
  }

  /** What an operator is asked with; undefined where shapes depend on data. */
  #context(node: Node): ChannelContext | undefined {
    for (const name of [...node.inputs, ...node.outputs])
      if (name !== '' && this.facts.of(name) === undefined) return undefined;
    const outputs = node.outputs.map((name): TensorType => this.facts.of(name)?.type ?? absent);
    return {
      ...inferContext(this.graph, node, this.facts.of),
      outputs,
      carries: (i, axis) => {
        const at = this.#axesOf(node, 'input', i)?.[axis];
        if (at === undefined) return false;
        for (let slot = at.base; slot < at.base + at.size; slot++)
          if (this.#slots.mayLeave(slot)) return true;
        return false;
      },
    };
  }

  #join(node: Node, def: OpDef, link: ChannelLink, covered: Set<number>): void {
    const places = link.ends.flatMap((end) => {
      const axes = this.#axesOf(node, end.of, end.index);
      return axes === undefined ? [] : [{ end, axis: axes[end.axis] }];
    });
    const ends = places.flatMap(({ end, axis }) =>
      axis === undefined ? [] : [{ end, axis, slots: slotsOf(node, link, end, axis) }],
    );
    // The only index of an axis stays, and so does what is tied to it.
    if (ends.length === 0 || ends.length < places.length) return;
    const each = ends.map(({ slots }) => slots.length / link.count);
    const first = ends[0]!.slots;
    for (const [e, { slots }] of ends.entries())
      for (const [at, slot] of slots.entries()) {
        covered.add(slot);
        this.#slots.join(first[Math.floor(at / each[e]!) * each[0]!]!, slot);
      }
    this.#factors.push({ node, slots: first });
    const makes = link.ends.some(({ of }) => of === 'output');
    const weight = def.quantize.kind === 'weighted' ? def.quantize.weight : undefined;
    for (const { end, axis } of ends) {
      const constant = end.of === 'input' ? node.inputs[end.index]! : '';
      if (!this.graph.constants.has(constant)) continue;
      const bears = makes && end.index === weight;
      if (bears) this.#bear(node, constant, axis);
      const role = !makes ? 'sums' : bears ? 'makes' : end.scale ? 'scales' : 'follows';
      this.#parts.push({ ...axis, node, constant, axis: end.axis, role });
    }
  }

  #bear(node: Node, constant: string, axis: AxisSlots): void {
    if (this.options.prunable.has(constant))
      for (let slot = axis.base; slot < axis.base + axis.size; slot++) this.#slots.bear(slot);
    else this.#pin(axis, `options keep layer '${node.name}'`);
  }
}

/** Slots of a link on one axis, channel by channel. */
function slotsOf(node: Node, { count }: ChannelLink, end: ChannelEnd, axis: AxisSlots): Int32Array {
  const { start = 0, outer = 1, inner = 1 } = end;
  if (start + outer * count * inner > axis.size)
    throw new KompaktError(
      'KPT_INTERNAL',
      `The channels of ${describeNode(node)} are more than its ${end.of} ${end.index} has on axis ${end.axis}.`,
    );
  const slots = new Int32Array(count * outer * inner);
  let at = 0;
  for (let c = 0; c < count; c++)
    for (let o = 0; o < outer; o++)
      for (let i = 0; i < inner; i++) slots[at++] = axis.base + start + (o * count + c) * inner + i;
  return slots;
}

/** Constants that are nothing but weights of layers. */
function weightsOf(graph: Graph): ReadonlySet<string> {
  const weights = new Set<string>();
  const others = new Set<string>();
  for (const node of graph.nodes) {
    const rule = ops.get(opKey(node))?.quantize;
    for (const [i, name] of node.inputs.entries())
      (rule?.kind === 'weighted' && rule.weight === i ? weights : others).add(name);
  }
  return new Set([...weights].filter((name) => !others.has(name)));
}

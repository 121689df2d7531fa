// The form in which a quantised model is trained: every pair of QuantizeLinear and DequantizeLinear is one FakeQuantize, weights
// and biases are float32 again, and scales are parameters. Values keep their names: what was float is float, and what was
// dequantised is fake-quantised.
import { attr } from '../../graph/attribute.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { opOf } from '../../ops/index.js';
import { describeNode } from '../../run/inference.js';
import { dtypes } from '../../tensor/dtype.js';
import { f32, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import type { ParameterRule } from '../../train/training.js';
import { parametersOf } from '../../train/training-form.js';
import type { Origin } from '../quantize/insert-qdq.js';
import { type ActivationSite, type BiasSite, findSites, type Sites, type WeightSite } from './sites.js';

export type QatMethod = 'lsq' | 'pact' | 'ste';

export interface FakeFormOptions {
  readonly method: QatMethod;
  /** Weights and biases before they were rounded, by the output of their DequantizeLinear; what they were rounded to where
   *  that is not known. */
  readonly origins: ReadonlyMap<string, Origin>;
  /** Learning rate of scales, as a factor, given their mean at first. */
  readonly rateOf: (meanScale: number) => number;
  /** Share of the run after which observers keep their ranges. */
  readonly freezeAt: number;
}

/** A model in the form that is trained, and what its parameters stand for. */
export interface FakeForm {
  readonly graph: Graph;
  /** The quantised model that it was made of; its constants are what changes. */
  readonly template: Graph;
  readonly sites: Sites;
  readonly trainable: readonly string[];
  readonly rules: ReadonlyMap<string, ParameterRule>;
  /** Set where observers ask for the share of the run that is done. */
  readonly progress: string | undefined;
  /** The scale of the values of a group, given its parameter: by representative. */
  readonly scales: ReadonlyMap<string, ScaleParameter>;
  /** Names of the float constants of weights and biases, and of the scales of weights: by output of DequantizeLinear. */
  readonly floats: ReadonlyMap<string, string>;
  readonly steps: ReadonlyMap<string, string>;
}

export interface ScaleParameter {
  readonly name: string;
  /** The scale is the parameter times this, in float32: 1, or 1 / the integer of the clipping level. */
  readonly factor: number;
}

/** A scale never falls below this part of what it was at first. */
const leastShare = 1 / 1024;

/** Of observed ranges: weight of what was seen before. */
const momentum = 0.99;

export function toFakeQuantized(source: Graph, options: FakeFormOptions): FakeForm {
  return new Maker(source, options).make();
}

class Maker {
  readonly #sites: Sites;
  readonly #editor: GraphEditor;
  readonly #rules = new Map<string, ParameterRule>();
  readonly #scales = new Map<string, ScaleParameter>();
  /** Names of the scales in the graph: by representative. */
  readonly #scaleValues = new Map<string, string>();
  readonly #floats = new Map<string, string>();
  readonly #steps = new Map<string, string>();
  readonly #frozen = new Set<string>();
  #progress: string | undefined;

  constructor(
    source: Graph,
    private readonly options: FakeFormOptions,
  ) {
    this.#sites = findSites(source, (output) => options.origins.get(output)?.bits);
    this.#editor = new GraphEditor(this.#sites.graph);
  }

  make(): FakeForm {
    const { activations, weights, biases, graph } = this.#sites;
    for (const site of weights) this.#fakeWeight(site);
    for (const site of activations) this.#fakeActivation(site);
    for (const site of biases) this.#fakeBias(site);
    const made = this.#editor.finish();
    return {
      graph: made,
      template: graph,
      sites: this.#sites,
      trainable: parametersOf(made).filter((name) => !this.#frozen.has(name)),
      rules: this.#rules,
      progress: this.#progress,
      scales: this.#scales,
      floats: this.#floats,
      steps: this.#steps,
    };
  }

  /** The float constant behind a DequantizeLinear, under the name that it had before. */
  #floatOf(node: Node, output: string): string {
    const origin = this.options.origins.get(output);
    const name = this.#editor.addConstant(origin?.name ?? output, origin?.value ?? this.#real(node));
    this.#floats.set(output, name);
    return name;
  }

  #real(node: Node): TensorValue {
    const inputs = node.inputs.map((name) => this.#editor.constant(name));
    const opset = this.#sites.graph.opsets[node.domain] ?? 1;
    return opOf(node).reference({ node, opset, inputs, where: describeNode(node) })[0]!;
  }

  /** A bias is rounded too: with few bits its unit, the product of two scales, is large. */
  #fakeBias({ output, activation, weight }: BiasSite): void {
    const editor = this.#editor;
    const node = editor.producer(output)!;
    const float = this.#floatOf(node, output);
    const group = this.#sites.groups.representative(activation.input);
    const unit = editor.fresh(`${float}/unit`);
    const scales = [this.#scaleValues.get(group)!, this.#steps.get(weight.output)!];
    const { min, max } = dtypes.int32;
    const attributes = {
      low: attr.int(min),
      high: attr.int(max),
      // Of [N], or [1,N] in files of others.
      axis: attr.int(Math.max(0, editor.constant(float)!.dims.length - 1)),
      gradient: attr.string('ste'),
    };
    editor.replace(
      [node],
      [
        editor.newNode('Mul', scales, [unit]),
        editor.newNode('FakeQuantize', [float, unit], [output], attributes, 'ai.kompakt'),
      ],
    );
  }

  #fakeWeight(site: WeightSite): void {
    const editor = this.#editor;
    const node = editor.producer(site.output)!;
    const float = this.#floatOf(node, site.output);
    const learned = this.options.method !== 'ste';
    const initial = editor.constant(site.scale)!;
    const step = editor.addConstant(`${float}/step`, vector(initial));
    this.#steps.set(site.output, step);
    if (learned) this.#rules.set(step, this.#ruleOf(initial));
    else this.#frozen.add(step);
    const attributes = {
      low: attr.int(site.low),
      high: attr.int(site.high),
      axis: attr.int(site.axis),
      gradient: attr.string(learned ? 'lsq' : 'ste'),
    };
    const fake = editor.newNode('FakeQuantize', [float, step], [site.output], attributes, 'ai.kompakt');
    editor.replace([node], [fake]);
  }

  #fakeActivation(site: ActivationSite): void {
    const editor = this.#editor;
    const nodes = site.made.map((value) => editor.producer(value)!);
    const [first, ...others] = [...site.outputs].sort(
      (a, b) => Number(editor.isGraphOutput(b)) - Number(editor.isGraphOutput(a)),
    ) as [string, ...string[]];
    const kept = site.redundant && !this.#isOutput(site) ? site.input : first;
    // Other outputs of the model that are the same value keep their names.
    const copies = others.filter((name) => editor.isGraphOutput(name));
    const fake = kept === first ? this.#fakeNodes(site, first) : [];
    editor.replace(nodes, [...fake, ...copies.map((name) => editor.newNode('Identity', [kept], [name]))]);
    for (const name of site.outputs) if (name !== kept) editor.renameUses(name, kept);
  }

  #fakeNodes(site: ActivationSite, output: string): Node[] {
    const editor = this.#editor;
    const group = this.#sites.groups.representative(site.input);
    if (this.options.method === 'ste' && this.#isAlone(group)) return [this.#observed(group, site, output)];
    const { scale, nodes } = this.#scaleOf(group, site);
    const attributes = {
      low: attr.int(site.low),
      high: attr.int(site.high),
      gradient: attr.string(this.options.method),
      batched: attr.int(1),
    };
    return [
      ...nodes,
      editor.newNode('FakeQuantize', [site.input, scale], [output], attributes, 'ai.kompakt'),
    ];
  }

  /** One value is rounded with the scale of the group; others are only moved. Scales that several share are not observed. */
  #isAlone(group: string): boolean {
    const { activations, groups } = this.#sites;
    const rounded = activations.filter(
      (site) => groups.representative(site.input) === group && !(site.redundant && !this.#isOutput(site)),
    );
    return rounded.length === 1;
  }

  #isOutput({ outputs }: ActivationSite): boolean {
    return outputs.some((name) => this.#editor.isGraphOutput(name));
  }

  #observed(group: string, site: ActivationSite, output: string): Node {
    const editor = this.#editor;
    const step = editor.addConstant(`${site.input}/step`, vector(editor.constant(site.scale)!));
    const next = editor.fresh(`${step}/next`);
    this.#progress ??= editor.addConstant('progress', f32([], [0]));
    this.#scales.set(group, { name: step, factor: 1 });
    this.#scaleValues.set(group, next);
    const attributes = {
      low: attr.int(site.low),
      high: attr.int(site.high),
      momentum: attr.float(momentum),
      until: attr.float(this.options.freezeAt),
    };
    const inputs = [site.input, step, this.#progress];
    return editor.newNode('ObservedQuantize', inputs, [output, next], attributes, 'ai.kompakt');
  }

  /** The scale of a group as a value, with the nodes that compute it the first time. */
  #scaleOf(group: string, site: ActivationSite): { readonly scale: string; readonly nodes: readonly Node[] } {
    const editor = this.#editor;
    const known = this.#scaleValues.get(group);
    if (known !== undefined) return { scale: known, nodes: [] };
    const initial = editor.constant(site.scale)!;
    if (this.options.method !== 'pact') {
      const step = editor.addConstant(`${site.input}/step`, vector(initial));
      if (this.options.method === 'lsq') this.#rules.set(step, this.#ruleOf(initial));
      else this.#frozen.add(step);
      this.#scales.set(group, { name: step, factor: 1 });
      this.#scaleValues.set(group, step);
      return { scale: step, nodes: [] };
    }
    // Of values that are never positive, the one below.
    const reach = site.high === 0 ? -site.low : site.high;
    const highest = f32([1], [toNumbers(initial)[0]! * reach]);
    const level = editor.addConstant(`${site.input}/level`, highest);
    // Weight decay makes ranges as small as the loss allows (Choi et al. 2018, section 3).
    this.#rules.set(level, { ...this.#ruleOf(highest), penalized: 'l2' });
    const factor = Math.fround(1 / reach);
    const scale = editor.fresh(`${site.input}/step`);
    const share = editor.addConstant(`${site.input}/share`, f32([], [factor]));
    this.#scales.set(group, { name: level, factor });
    this.#scaleValues.set(group, scale);
    return { scale, nodes: [editor.newNode('Mul', [level, share], [scale])] };
  }

  #ruleOf(initial: TensorValue): ParameterRule {
    const scales = toNumbers(initial);
    const mean = scales.reduce((a, b) => a + b, 0) / scales.length;
    const least = scales.reduce((a, b) => Math.min(a, b)) * leastShare;
    return {
      rate: this.options.rateOf(mean),
      within: [least, Number.POSITIVE_INFINITY],
      penalized: false,
    };
  }
}

const vector = (scale: TensorValue): TensorValue => tensor('float32', [scale.data.length], scale.data);

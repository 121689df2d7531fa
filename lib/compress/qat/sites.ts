// Where a QDQ graph rounds: activations between QuantizeLinear and DequantizeLinear, weights and biases that a
// DequantizeLinear makes of integers. What training changes (scales, bounds of narrowing clips) is made a constant of each
// place alone, so that it can be set there.
import type { Graph, Node } from '../../graph/graph.js';
import { opKey } from '../../graph/graph.js';
import { forgetIndex, GraphEditor } from '../../graph/rewrite.js';
import { ops } from '../../ops/index.js';
import type { QuantizeRule, QuantParams } from '../../ops/op.js';
import { isResult, onBytes } from '../../ops/shared/quantize-rule.js';
import { quantizer } from '../../passes/byte-table.js';
import { inferTypes } from '../../passes/infer-types.js';
import { clipBounds, isOp, soleUser } from '../../passes/pattern.js';
import {
  isDequantize,
  isPerTensor8,
  isQuantize,
  quantParams,
  sameParams,
} from '../../passes/quantized-value.js';
import { type DType, dtypes } from '../../tensor/dtype.js';
import { type TensorValue, toNumbers } from '../../tensor/tensor.js';
import { Groups } from '../quantize/groups.js';

/** Bounds of the integers as distances from the zero point. */
export interface Reach {
  readonly low: number;
  readonly high: number;
}

/** QuantizeLinear and DequantizeLinear behind a value. */
export interface ActivationSite extends Reach {
  /** The value in float, before the Clip that narrows it. */
  readonly input: string;
  /** What its nodes make, in order: [Clip, QuantizeLinear, DequantizeLinear...]. */
  readonly made: readonly string[];
  /** Of the DequantizeLinear. */
  readonly outputs: readonly string[];
  /** Set where the value was moved only since it was rounded: rounding it again changes nothing. */
  readonly redundant: boolean;
  /** Names of constants: the scale, and the bounds of the Clip. */
  readonly scale: string;
  readonly bounds: readonly [string, string] | null;
}

/** Weights as integers. */
export interface WeightSite extends Reach {
  /** Of their DequantizeLinear. */
  readonly output: string;
  /** Names of constants. */
  readonly integers: string;
  readonly scale: string;
  readonly zero: number;
  readonly axis: number;
}

/** An int32 bias in units of the scale of the input and those of the weights. */
export interface BiasSite {
  readonly output: string;
  readonly integers: string;
  readonly scale: string;
  readonly activation: ActivationSite;
  readonly weight: WeightSite;
}

export interface Sites {
  readonly graph: Graph;
  readonly activations: readonly ActivationSite[];
  /** By `input`: values of one group share their scale. */
  readonly groups: Groups;
  readonly weights: readonly WeightSite[];
  readonly biases: readonly BiasSite[];
}

/** `bitsOf`: bits of the weights behind a DequantizeLinear where they are known; else the integers tell. */
export function findSites(source: Graph, bitsOf: (output: string) => number | undefined): Sites {
  // What the names of the float model were is free again: weights shall have theirs.
  forgetIndex(source);
  return new Finder(source, bitsOf).find();
}

class Finder {
  readonly #editor: GraphEditor;
  readonly #types: (name: string) => DType | undefined;
  /** By output of DequantizeLinear. */
  readonly #activations = new Map<string, ActivationSite>();
  readonly #weights = new Map<string, WeightSite>();
  readonly #groups = new Groups();

  constructor(
    private readonly source: Graph,
    private readonly bitsOf: (output: string) => number | undefined,
  ) {
    this.#editor = new GraphEditor(source);
    const { types } = inferTypes(source);
    this.#types = (name) => types.get(name)?.dtype;
  }

  find(): Sites {
    for (const node of this.source.nodes) if (isQuantize(node)) this.#findActivation(node);
    this.#markMoved();
    const products = [...this.#editor.nodes].filter((node) => ruleOf(node)?.kind === 'weighted');
    for (const node of products) this.#findWeight(node.inputs[(ruleOf(node) as Weighted).weight] ?? '');
    const biases = [...this.#editor.nodes].flatMap((node) => this.#findBias(node) ?? []);
    return {
      graph: this.#editor.finish(),
      activations: [...new Set(this.#activations.values())],
      groups: this.#groups,
      weights: [...this.#weights.values()],
      biases,
    };
  }

  #findActivation(quantize: Node): void {
    const editor = this.#editor;
    const params = quantParams(editor, quantize, this.#types);
    if (params === undefined || !isPerTensor8(params)) return;
    const bytes = quantize.outputs[0]!;
    const users = editor.consumers(bytes);
    const back = (user: Node): boolean => {
      const own = isDequantize(user) ? quantParams(editor, user, this.#types) : undefined;
      return own !== undefined && sameParams(own, params);
    };
    if (users.length === 0 || editor.isGraphOutput(bytes) || !users.every(back)) return;
    const clip = narrowing(editor, quantize, params);
    const { min, max } = dtypes[params.zeroPoint.dtype];
    const zero = toNumbers(params.zeroPoint)[0]!;
    const [least, most] = clip?.integers ?? [min, max];
    const scale = this.#own([quantize, ...users], 1, params.scale);
    const bounds = clip && ([1, 2].map((i) => this.#own([clip.node], i)) as [string, string]);
    const site = {
      input: clip === undefined ? quantize.inputs[0]! : clip.node.inputs[0]!,
      made: [...(clip ? [clip.node] : []), quantize, ...users].map(({ outputs }) => outputs[0]!),
      outputs: users.map(({ outputs }) => outputs[0]!),
      low: least - zero,
      high: most - zero,
      redundant: false,
      scale,
      bounds: bounds ?? null,
    };
    for (const output of site.outputs) this.#activations.set(output, site);
    this.#groups.add(site.input);
  }

  /** The constant at input `i` of these nodes, made one that they alone use. */
  #own(nodes: readonly Node[], i: number, value = this.#editor.constant(nodes[0]!.inputs[i]!)!): string {
    const editor = this.#editor;
    const names = new Set(nodes.map((node) => node.inputs[i]!));
    const [name] = names;
    const current = (node: Node): Node => editor.producer(node.outputs[0]!)!;
    const own = new Set(nodes.map((node) => node.name));
    if (names.size === 1 && editor.consumers(name!).every((user) => own.has(user.name))) return name!;
    const fresh = editor.addConstant(name!, value);
    for (const node of nodes.map(current)) {
      const inputs = node.inputs.map((input, at) => (at === i ? fresh : input));
      editor.replace([node], [{ ...node, inputs }]);
    }
    return fresh;
  }

  /** Joins what operators tie together whose values share a scale, and marks what these move. */
  #markMoved(): void {
    const byInput = new Map([...this.#activations.values()].map((site) => [site.input, site]));
    for (const node of this.source.nodes) {
      const rule = ruleOf(node);
      if (rule?.kind !== 'same-scale') continue;
      const data = rule.data === 'all' ? node.inputs : rule.data.map((i) => node.inputs[i]!);
      const before = data.map((name) => this.#activations.get(name));
      const behind = node.outputs.filter((_, i) => isResult(rule, i)).map((name) => byInput.get(name));
      const all = [...before, ...behind];
      if (all.includes(undefined) || !this.#alike(all as ActivationSite[])) continue;
      this.#groups.join(all.map((site) => site!.input));
      // What is made between bytes, as by a linear Resize, must be rounded.
      if (onBytes(rule, node) !== 'moved') continue;
      for (const site of behind as ActivationSite[]) {
        const moved = { ...site, redundant: true };
        byInput.set(site.input, moved);
        for (const output of site.outputs) this.#activations.set(output, moved);
      }
    }
  }

  #alike([first, ...rest]: readonly ActivationSite[]): boolean {
    const scaleOf = (site: ActivationSite): unknown => this.#editor.constant(site.scale)!.data[0];
    return rest.every(
      (site) =>
        scaleOf(site) === scaleOf(first!) &&
        (site.bounds === null || (site.low === first!.low && site.high === first!.high)),
    );
  }

  #findWeight(output: string): void {
    const editor = this.#editor;
    const dequantize = editor.producer(output);
    if (this.#weights.has(output) || !isDequantize(dequantize)) return;
    const integers = editor.constant(dequantize.inputs[0]!);
    const params = quantParams(editor, dequantize, this.#types);
    if (integers === undefined || integers.dtype === 'int32' || params === undefined) return;
    const zeros = new Set(toNumbers(params.zeroPoint));
    if (zeros.size !== 1) return;
    const [zero] = zeros as unknown as [number];
    const axis = params.axis < 0 ? params.axis + integers.dims.length : params.axis;
    this.#weights.set(output, {
      output,
      integers: this.#own([dequantize], 0),
      scale: this.#own([dequantize], 1),
      zero,
      axis,
      ...this.#reachOf(output, integers, zero),
    });
  }

  #reachOf(output: string, integers: TensorValue, zero: number): Reach {
    const { min, max } = dtypes[integers.dtype];
    const values = toNumbers(integers);
    const least = values.reduce((a, b) => Math.min(a, b), 0);
    if (zero !== 0 || min === 0 || least === min) return { low: min - zero, high: max - zero };
    const largest = values.reduce((a, b) => Math.max(a, b), -least);
    const bits = this.bitsOf(output) ?? Math.max(2, Math.ceil(Math.log2(largest + 1)) + 1);
    const limit = 2 ** (bits - 1) - 1;
    return { low: -limit, high: limit };
  }

  #findBias(node: Node): BiasSite | undefined {
    const editor = this.#editor;
    const rule = ruleOf(node);
    if (rule?.kind !== 'weighted') return undefined;
    const output = node.inputs[rule.bias] ?? '';
    const dequantize = editor.producer(output);
    const weight = this.#weights.get(node.inputs[rule.weight] ?? '');
    const activation = this.#activations.get(node.inputs[0]!);
    if (!isDequantize(dequantize) || weight === undefined || activation === undefined) return undefined;
    const stored = editor.constant(dequantize.inputs[0]!);
    if (stored?.dtype !== 'int32' || editor.consumers(output).length !== 1) return undefined;
    // One number a channel or one for all, not one a row.
    if (stored.data.length !== (stored.dims.at(-1) ?? 1)) return undefined;
    const integers = this.#own([dequantize], 0);
    return { output, integers, scale: this.#own([dequantize], 1), activation, weight };
  }
}

type Weighted = Extract<QuantizeRule, { readonly kind: 'weighted' }>;

const ruleOf = (node: Node): QuantizeRule | undefined => ops.get(opKey(node))?.quantize;

/** The Clip before a QuantizeLinear that leaves only some of the integers in use. A Clip of the model itself has bounds that
 *  are no multiples of the scale. */
function narrowing(
  editor: GraphEditor,
  quantize: Node,
  params: QuantParams,
): { readonly node: Node; readonly integers: readonly [number, number] } | undefined {
  const node = editor.producer(quantize.inputs[0]!);
  const bounds = clipBounds(editor, node);
  if (
    !isOp(node, 'Clip') ||
    bounds === undefined ||
    soleUser(editor, node.outputs[0]!)?.name !== quantize.name
  )
    return undefined;
  const [step, zero] = [toNumbers(params.scale)[0]!, toNumbers(params.zeroPoint)[0]!];
  const integers = bounds.map(quantizer(params)) as [number, number];
  const exact = integers.every((q, i) => Math.fround((q - zero) * step) === bounds[i]);
  return exact ? { node, integers } : undefined;
}

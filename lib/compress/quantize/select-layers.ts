// Chooses what is computed in integers: which nodes, which values carry quantisers, and which values must share one
// scale. All knowledge about operators comes from OpDef.quantize.
import { type Graph, type Node, opKey } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { ops } from '../../ops/index.js';
import type { IntegerContext, QuantizeRule, TensorType } from '../../ops/op.js';
import { isResult } from '../../ops/shared/quantize-rule.js';
import { elementwiseBinary } from '../../passes/fuse-tables.js';
import { type InferredTypes, inferTypes } from '../../passes/infer-types.js';
import { clipBounds, isOp, soleUser } from '../../passes/pattern.js';
import { f32, type TensorValue, tensor } from '../../tensor/tensor.js';
import { Groups } from './groups.js';
import type { Layer, Selection } from './selection.js';

/** Tails of classifiers: kept in float where they end the graph, for 8 bits would tie close classes. */
const classifierTails: ReadonlySet<string> = new Set(['Softmax', 'LogSoftmax']);

/** `kept`: values that stay in float, with the nodes that use them. */
export function selectLayers(
  graph: Graph,
  inputs: ReadonlyMap<string, TensorType>,
  excluded: (node: Node) => boolean,
  kept: ReadonlySet<string> = new Set(),
): Selection {
  const stays = (node: Node): boolean => excluded(node) || node.inputs.some((name) => kept.has(name));
  return new Selector(graph, inferTypes(graph, inputs), stays, kept).select();
}

class Selector {
  readonly #editor: GraphEditor;
  readonly #layers = new Map<Node, Layer>();
  /** Of functions that may be tables. Kept, for chains of them may be long, and each node reads its operand twice in x * x. */
  readonly #leaves = new Map<Node, string | undefined>();
  /** Functions that could have been tables but stay in float. */
  readonly #floatFunctions = new Set<Node>();

  constructor(
    private readonly graph: Graph,
    private readonly inferred: InferredTypes,
    private readonly excluded: (node: Node) => boolean,
    private readonly kept: ReadonlySet<string>,
  ) {
    this.#editor = new GraphEditor(graph);
  }

  select(): Selection {
    for (const node of this.graph.nodes) {
      const layer = this.#layerOf(node);
      if (layer !== undefined) this.#layers.set(node, layer);
      if (layer?.kind === 'table') this.#leaves.set(node, this.#leafBehind(layer));
    }
    this.#joinTables();
    this.#dropClampsInside();
    this.#dropWithoutWeights();
    this.#floatTails();
    while (this.#dropAtFloat());
    const groups = new Groups();
    for (const layer of this.#layers.values()) {
      for (const i of layer.activations)
        if (this.#isQuantized(layer.node.inputs[i])) groups.add(layer.node.inputs[i]);
      for (const output of layer.outputs) groups.add(output);
      if (layer.kind === 'same-scale')
        groups.join([...layer.activations.map((i) => layer.node.inputs[i]), ...layer.outputs]);
    }
    return { layers: [...this.#layers.values()], ends: this.#ends(), groups };
  }

  #ends(): readonly string[] {
    const ends = this.graph.outputs.map(({ name }) => {
      const node = this.#editor.producer(name);
      return node !== undefined && classifierTails.has(node.op) && !this.#layers.has(node)
        ? node.inputs[0]
        : name;
    });
    return ends.filter((name) => this.inferred.types.get(name)?.dtype === 'float32');
  }

  /** False for values inside a table: made by a layer without a quantiser behind it. */
  #isQuantized(value: string): boolean {
    const layer = this.#producer(value);
    return layer === undefined || layer.outputs.includes(value);
  }

  /** The layer that makes a value, also through its clamps. */
  #producer(value: string): Layer | undefined {
    const node = this.#editor.producer(value);
    if (node === undefined) return undefined;
    for (const layer of this.#layers.values())
      if (layer.node === node || layer.clamps.includes(node)) return layer;
    return undefined;
  }

  #layerOf(node: Node): Layer | undefined {
    const rule = ops.get(opKey(node))?.quantize;
    if (rule === undefined || rule.kind === 'float' || this.excluded(node)) return undefined;
    const outputs = node.outputs.filter((name, i) => name !== '' && isResult(rule, i));
    if (outputs.length === 0 || outputs.some((name) => this.inferred.known.has(name))) return undefined;
    const data = dataInputs(node, rule).filter((i) => (node.inputs[i] ?? '') !== '');
    if (data.some((i) => this.inferred.types.get(node.inputs[i])?.dtype !== 'float32')) return undefined;
    const constant = (i: number): boolean => this.#editor.constant(node.inputs[i]) !== undefined;
    const activations = data.filter((i) => !constant(i));
    const operands = data.filter((i) => constant(i));
    const isFloat = (i: number): boolean => this.#editor.constant(node.inputs[i])!.dtype === 'float32';
    if (activations.length === 0 || !operands.every(isFloat)) return undefined;
    const base = { node, activations, operands, weight: null, biasAdd: null, clamps: [], outputs };
    if (rule.kind === 'same-scale') return operands.length > 0 ? undefined : { ...base, kind: 'same-scale' };
    if (rule.kind === 'table') {
      const rest = node.inputs
        .slice(1)
        .every((name) => name === '' || this.#editor.constant(name) !== undefined);
      return rest ? { ...base, kind: 'table' } : undefined;
    }
    if (rule.kind === 'arithmetic' && this.#isUnary(node)) return { ...base, operands: [], kind: 'table' };
    const weight = rule.kind === 'weighted' ? this.#weightOf(node, rule) : null;
    const layer: Layer = {
      ...base,
      kind: rule.kind,
      weight,
      activations: activations.filter((i) => i !== weight?.bias),
      operands: weight === null ? operands : [],
      ...this.#clampsBehind(node),
    };
    return rule.integer(this.#trial(layer)) === null ? undefined : layer;
  }

  #weightOf(node: Node, rule: Extract<QuantizeRule, { kind: 'weighted' }>): Layer['weight'] {
    const weight = this.#editor.constant(node.inputs[rule.weight]);
    if (weight === undefined) return null;
    const bias = node.inputs[rule.bias] ?? '';
    return {
      input: rule.weight,
      axis: rule.axis({ node, weightDims: weight.dims }),
      bias: bias === '' || rule.linear(node).biasFactor === 0 ? null : rule.bias,
    };
  }

  /** Elementwise arithmetic of one value with constant numbers, or of a value with functions of itself. */
  #isUnary(node: Node): boolean {
    if (node.domain !== '' || !elementwiseBinary.has(node.op)) return false;
    const leaves = new Set(node.inputs.map((name) => this.#leafOf(name, node)));
    leaves.delete(null);
    return leaves.size === 1 && !leaves.has(undefined);
  }

  /** The value that `value` is a function of, as seen from `user`; null for a constant number, undefined for none. */
  #leafOf(value: string, user: Node): string | null | undefined {
    const constant = this.#editor.constant(value);
    if (constant !== undefined)
      return constant.data.length === 1 && constant.dims.length <= 1 ? null : undefined;
    const producer = this.#editor.producer(value);
    if (producer === undefined || !this.#editor.isOnlyUsedBy(value, user)) return value;
    return this.#leaves.get(producer) ?? value;
  }

  /** Of a function: the one value that it is a function of, through the functions before it; undefined for several. */
  #leafBehind({ node, activations }: Layer): string | undefined {
    const leaves = new Set(activations.map((i) => this.#leafOf(node.inputs[i], node)));
    return leaves.size === 1 ? ([...leaves][0] ?? undefined) : undefined;
  }

  /** Relu and Clip that are the only users, and the value behind the last of them. */
  #clampsBehind(node: Node): Pick<Layer, 'biasAdd' | 'clamps' | 'outputs'> {
    const clamps: Node[] = [];
    let biasAdd: Layer['biasAdd'] = null;
    let value = node.outputs[0];
    for (;;) {
      const user = soleUser(this.#editor, value);
      if (user === undefined || this.excluded(user)) break;
      if (clamps.length === 0) biasAdd = this.#biasAdd(node, user);
      const adds = biasAdd?.node === user.name;
      if (!adds && (clipBounds(this.#editor, user) === undefined || user.inputs[0] !== value)) break;
      clamps.push(user);
      value = user.outputs[0];
    }
    return { biasAdd, clamps, outputs: [value] };
  }

  /** An Add of one constant per column behind a matrix product without a bias of its own. */
  #biasAdd(node: Node, user: Node): Layer['biasAdd'] {
    if (!isOp(node, 'MatMul') || !isOp(user, 'Add')) return null;
    const weight = this.#editor.constant(node.inputs[1]);
    const input = user.inputs.findIndex((name) => this.#editor.constant(name) !== undefined);
    const bias = this.#editor.constant(user.inputs[input] ?? '');
    if (weight === undefined || bias === undefined) return null;
    const columns = weight.dims[weight.dims.length - 1];
    const perColumn = bias.data.length === columns && bias.dims[bias.dims.length - 1] === columns;
    return perColumn ? { node: user.name, input } : null;
  }

  /** Asks the rule with made-up parameters whether there is an integer form. */
  #trial({ node, weight }: Layer): IntegerContext {
    const activation = { scale: f32([], [1]), zeroPoint: tensor('uint8', [], Uint8Array.of(0)), axis: 1 };
    const weights = { ...activation, zeroPoint: tensor('int8', [], Int8Array.of(0)) };
    return {
      node,
      quantized: (i) => {
        const name = node.inputs[i] ?? '';
        if (name === '' || i === weight?.bias) return undefined;
        return { name, params: i === weight?.input ? weights : activation };
      },
      constant: (name) => this.#editor.constant(name),
      output: activation,
      outputName: node.outputs[0],
      addConstant: (hint: string, _: TensorValue) => hint,
      fresh: (hint) => hint,
    };
  }

  /** Takes the quantiser away between unary functions where only the next one uses the value: one table does both. */
  #joinTables(): void {
    for (const [node, layer] of this.#layers) {
      if (layer.kind !== 'table') continue;
      const user = soleUser(this.#editor, node.outputs[0]);
      const next = user && this.#layers.get(user);
      if (next?.kind === 'table' && this.#leafOf(node.outputs[0], user!) !== node.outputs[0])
        this.#layers.set(node, { ...layer, outputs: [] });
    }
  }

  /** Clamps that a layer took over are no tables of their own. */
  #dropClampsInside(): void {
    for (const layer of [...this.#layers.values()])
      for (const clamp of layer.clamps) this.#layers.delete(clamp);
  }

  /** Layers that no chain of layers connects to weights: quantising them would cost accuracy and win nothing. */
  #dropWithoutWeights(): void {
    const chains = new Groups();
    const valuesOf = (layer: Layer): string[] => [
      ...layer.activations.map((i) => layer.node.inputs[i]),
      ...layer.node.outputs.filter((name) => name !== ''),
      ...layer.outputs,
    ];
    for (const layer of this.#layers.values()) {
      for (const value of valuesOf(layer)) chains.add(value);
      chains.join(valuesOf(layer));
    }
    const weighted = new Set<string>();
    for (const layer of this.#layers.values())
      if (layer.weight !== null) weighted.add(chains.representative(layer.node.outputs[0]));
    for (const [node, layer] of this.#layers)
      if (!weighted.has(chains.representative(layer.node.outputs[0]))) this.#layers.delete(node);
  }

  /**
   * Takes away quantisers of values that stay in float, with the functions that make them, and functions of what a float
   * node makes: one quantiser behind the function does less harm than two around it, and costs no more. Returns whether
   * anything changed.
   */
  #dropAtFloat(): boolean {
    let changed = false;
    for (const [node, layer] of [...this.#layers].reverse()) {
      // The inner part of a table ends in its own output, without a quantiser.
      const results = layer.kind === 'table' ? layer.node.outputs : layer.outputs;
      const forFloat = results.length > 0 && results.every((name) => this.#readInFloat(name));
      const fromFloat =
        layer.kind === 'table' && layer.activations.every((i) => this.#madeInFloat(layer.node.inputs[i]));
      if (!forFloat && !fromFloat) continue;
      changed = true;
      if (layer.weight !== null) this.#layers.set(node, { ...layer, clamps: [], outputs: [] });
      else this.#layers.delete(node);
      if (layer.kind === 'table') this.#floatFunctions.add(node);
    }
    return changed;
  }

  /** True for values that stay in float and for what only functions in float read. */
  #readInFloat(value: string): boolean {
    if (this.#editor.isGraphOutput(value)) return false;
    const users = this.#editor.consumers(value);
    return (
      this.kept.has(value) || (users.length > 0 && users.every((user) => this.#floatFunctions.has(user)))
    );
  }

  #madeInFloat(value: string): boolean {
    return this.#editor.producer(value) !== undefined && this.#producer(value) === undefined;
  }

  /** Ends of the graph that stay float: softmax of class scores, and matrix products that nothing quantised follows. */
  #floatTails(): void {
    const followed = (value: string): boolean =>
      this.#editor.consumers(value).some((user) => this.#layers.has(user));
    for (const [node, layer] of [...this.#layers].reverse()) {
      if (layer.outputs.some(followed) || layer.outputs.length === 0) continue;
      if (classifierTails.has(node.op)) this.#layers.delete(node);
      else if (
        layer.weight !== null &&
        this.#editor.constant(node.inputs[layer.weight.input])!.dims.length === 2
      )
        this.#layers.set(node, { ...layer, outputs: [] });
    }
  }
}

function dataInputs(node: Node, rule: Exclude<QuantizeRule, { kind: 'float' }>): readonly number[] {
  if (rule.kind === 'table') return [0];
  if (rule.kind === 'weighted') return node.inputs.map((_, i) => i).filter((i) => i !== rule.bias);
  return rule.data === 'all' ? node.inputs.map((_, i) => i) : rule.data;
}

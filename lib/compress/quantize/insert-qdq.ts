// Writes a choice of layers and ranges into a graph as QuantizeLinear and DequantizeLinear nodes: the standard form
// that onnxruntime and fuse-qdq turn into integer operators.
import { attr } from '../../graph/attribute.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import type { QuantParams } from '../../ops/op.js';
import { quantizer } from '../../passes/byte-table.js';
import { clipBounds } from '../../passes/pattern.js';
import { f32, storedBytes, type TensorValue, toNumbers } from '../../tensor/tensor.js';
import {
  type ActivationParams,
  type ActivationScheme,
  channelBias,
  narrowBounds,
  type QuantizedConstant,
  quantizeBias,
  quantizeOperand,
} from './affine.js';
import type { Groups } from './groups.js';
import {
  correctedBias,
  type LayerWeightOptions,
  type RoundedWeights,
  roundedWeights,
} from './layer-weights.js';
import type { Layer, Selection } from './selection.js';

export interface InsertOptions extends LayerWeightOptions {
  /** Of constant operands, which are quantised like activations. */
  readonly activations: ActivationScheme;
}

/** What became of one layer. */
export interface LayerReport {
  readonly name: string;
  readonly op: string;
  readonly weightBytesBefore: number;
  readonly weightBytesAfter: number;
  /** Range, scale and zero point of the output; null where it stays float or is inside a table. */
  readonly output: {
    readonly min: number;
    readonly max: number;
    readonly scale: number;
    readonly zeroPoint: number;
  } | null;
  /** Signal over quantisation noise of the weights, dB; null without weights. */
  readonly weightSqnr: number | null;
}

/** What a DequantizeLinear of weights or a bias stands for: the constant as it was before it was rounded. */
export interface Origin {
  readonly name: string;
  readonly value: TensorValue;
  /** Of weights; 32 of a bias. */
  readonly bits: number;
}

export interface Inserted {
  readonly graph: Graph;
  readonly layers: readonly LayerReport[];
  /** By output of the DequantizeLinear. */
  readonly origins: ReadonlyMap<string, Origin>;
}

/** `params`: scale and zero point of every quantised value. */
export function insertQdq(
  graph: Graph,
  { layers, groups }: Selection,
  params: ReadonlyMap<string, ActivationParams>,
  options: InsertOptions,
): Inserted {
  return new Inserter(graph, layers, groups, params, options).insert();
}

class Inserter {
  readonly #editor: GraphEditor;
  readonly #weights = new Map<string, readonly [string, RoundedWeights]>();
  readonly #reports = new Map<Layer, LayerReport>();
  readonly #origins = new Map<string, Origin>();
  /** Current node of each layer and of its clamps: edits make new objects. */
  readonly #byName = new Map<string, Layer>();

  constructor(
    graph: Graph,
    private readonly layers: readonly Layer[],
    private readonly groups: Groups,
    private readonly params: ReadonlyMap<string, ActivationParams>,
    private readonly options: InsertOptions,
  ) {
    this.#editor = new GraphEditor(graph);
    for (const layer of layers) {
      this.#byName.set(layer.node.name, layer);
      for (const clamp of layer.clamps) this.#byName.set(clamp.name, layer);
    }
  }

  insert(): Inserted {
    for (const layer of this.layers) this.#quantizeConstants(layer);
    const dropped = new Set(this.layers.flatMap((layer) => this.#automaticClamps(layer)).map((n) => n.name));
    for (const value of [...this.groups.values]) this.#quantizeValue(value);
    for (const node of [...this.#editor.nodes]) if (dropped.has(node.name)) this.#dropClamp(node);
    return {
      graph: this.#editor.finish(),
      layers: this.layers.map((layer) => this.#reports.get(layer)!),
      origins: this.#origins,
    };
  }

  #paramsOf(value: string): ActivationParams {
    return this.params.get(value)!;
  }

  /** QuantizeLinear and DequantizeLinear behind a value; its users in integers, or all when it is made so, follow. */
  #quantizeValue(value: string): void {
    const editor = this.#editor;
    const producer = editor.producer(value);
    const integer = producer !== undefined && this.#byName.has(producer.name);
    const params = this.#paramsOf(value);
    const inputs = this.#paramNames(value, params);
    const bytes = editor.fresh(`${value}_quantized`);
    if (integer && editor.isGraphOutput(value)) {
      const raw = editor.fresh(`${value}_float`);
      const outputs = producer.outputs.map((name) => (name === value ? raw : name));
      editor.replace([producer], [{ ...producer, outputs }]);
      const quantizer = this.#quantizer(raw, bytes, value, inputs);
      editor.replace([], [...quantizer, editor.newNode('DequantizeLinear', [bytes, ...inputs], [value])]);
      return;
    }
    const real = editor.fresh(`${value}_dequantized`);
    const quantizer = this.#quantizer(value, bytes, value, inputs);
    const floatUsers = integer ? [] : editor.consumers(value).filter((user) => !this.#byName.has(user.name));
    editor.replace([], [...quantizer, editor.newNode('DequantizeLinear', [bytes, ...inputs], [real])]);
    editor.renameUses(value, real, [...quantizer, ...floatUsers]);
  }

  /** QuantizeLinear of `from`, which is `value`, with a Clip before it where not all integers of the type are in use and
   *  operators that only move values did not make it of what was clipped already. */
  #quantizer(from: string, bytes: string, value: string, inputs: readonly string[]): Node[] {
    const editor = this.#editor;
    const layer = this.#byName.get(editor.producer(from)?.name ?? '');
    const bounds = layer?.kind === 'same-scale' ? undefined : narrowBounds(this.#paramsOf(value));
    if (bounds === undefined) return [editor.newNode('QuantizeLinear', [from, ...inputs], [bytes])];
    const names = bounds.map((bound, i) =>
      editor.addConstant(`${value}_${i === 0 ? 'least' : 'most'}`, f32([], [bound])),
    );
    const clipped = editor.fresh(`${value}_clipped`);
    return [
      editor.newNode('Clip', [from, ...names], [clipped]),
      editor.newNode('QuantizeLinear', [clipped, ...inputs], [bytes]),
    ];
  }

  #paramNames(hint: string, { scale, zeroPoint }: QuantParams): [string, string] {
    return [
      this.#editor.addConstant(`${hint}_scale`, scale),
      this.#editor.addConstant(`${hint}_zero_point`, zeroPoint),
    ];
  }

  /** Clamps that saturation does by itself, given scale and zero point of the value behind them. */
  #automaticClamps(layer: Layer): readonly Node[] {
    const [output] = layer.outputs;
    if (output === undefined || !this.groups.has(output)) return [];
    const params = this.#paramsOf(output);
    const quantize = quantizer(params);
    return layer.clamps.filter((clamp) => {
      const bounds = clipBounds(this.#editor, clamp);
      return (
        bounds !== undefined && quantize(bounds[0]) <= params.least && quantize(bounds[1]) >= params.most
      );
    });
  }

  #dropClamp(clamp: Node): void {
    const editor = this.#editor;
    const producer = editor.producer(clamp.inputs[0])!;
    const outputs = producer.outputs.map((name) => (name === clamp.inputs[0] ? clamp.outputs[0] : name));
    editor.replace([producer, clamp], [{ ...producer, outputs }]);
  }

  #quantizeConstants(layer: Layer): void {
    const { node, weight, operands } = layer;
    let [before, after] = [0, 0];
    let weightSqnr: number | null = null;
    const inputs = [...node.inputs];
    const replaceBy = (i: number, name: string, old: TensorValue, made: QuantizedConstant): void => {
      inputs[i] = name;
      before += storedBytes(old);
      after += storedBytes(made.value) + 4 * made.params.scale.data.length;
    };
    for (const i of operands) {
      const old = this.#editor.constant(node.inputs[i])!;
      const made = quantizeOperand(old, this.options.activations);
      replaceBy(i, this.#dequantized(node.inputs[i], made), old, made);
    }
    if (weight !== null) {
      const xScale = this.#inputScale(layer);
      const old = this.#editor.constant(node.inputs[weight.input])!;
      const constant = weight.bias === null ? undefined : this.#editor.constant(node.inputs[weight.bias]);
      const add = this.#biasAdd(layer);
      const added = add && this.#editor.constant(add.node.inputs[add.input]);
      // One that differs by row stays in float.
      const given = (constant ?? added) && channelBias((constant ?? added)!, old.dims[weight.axis]);
      const [name, made] = this.#quantizedWeights(layer, old, given, xScale);
      const corrected = given && correctedBias(layer, given, old, made, this.options);
      if (corrected !== undefined && add !== undefined)
        this.#replaceAdded(add.node, add.input, f32(added!.dims, toNumbers(corrected)));
      const bias = constant && corrected;
      replaceBy(weight.input, name, old, made);
      this.#origins.set(name, {
        name: node.inputs[weight.input],
        value: old,
        bits: this.options.widths.ofWeights(layer),
      });
      weightSqnr = made.sqnr;
      if (bias !== undefined) {
        const channels = bias.data.length;
        if (made.params.scale.data.length === 1 || made.params.scale.data.length === channels) {
          const madeBias = quantizeBias(bias, xScale, made.params.scale);
          const biasName = this.#dequantized(node.inputs[weight.bias!], madeBias);
          replaceBy(weight.bias!, biasName, constant!, madeBias);
          this.#origins.set(biasName, { name: node.inputs[weight.bias!], value: bias, bits: 32 });
        }
      }
    }
    if (inputs.some((name, i) => name !== node.inputs[i]))
      this.#editor.replace([node], [{ ...node, inputs }]);
    this.#reports.set(layer, {
      name: node.name,
      op: node.op,
      weightBytesBefore: before,
      weightBytesAfter: after,
      output: this.#outputReport(layer),
      weightSqnr,
    });
  }

  /** The Add of a layer's bias, as it is now. */
  #biasAdd({ node, biasAdd }: Layer): { readonly node: Node; readonly input: number } | undefined {
    if (biasAdd === null) return undefined;
    const found = this.#editor.consumers(node.outputs[0]).find(({ name }) => name === biasAdd.node);
    return found && { node: found, input: biasAdd.input };
  }

  /** It stays in float: runtimes make integers of it with the product before. */
  #replaceAdded(add: Node, input: number, value: TensorValue): void {
    const editor = this.#editor;
    const name = add.inputs[input];
    if (editor.isOnlyUsedBy(name, add)) editor.setConstant(name, value);
    else {
      const own = editor.addConstant(name, value);
      editor.replace([add], [{ ...add, inputs: add.inputs.map((other, i) => (i === input ? own : other)) }]);
    }
  }

  #inputScale({ node, activations }: Layer): number {
    return toNumbers(this.#paramsOf(node.inputs[activations[0]]).scale)[0];
  }

  /** Quantised once for all layers that use the same weights in the same way. */
  #quantizedWeights(
    layer: Layer,
    old: TensorValue,
    bias: TensorValue | undefined,
    xScale: number,
  ): readonly [string, RoundedWeights] {
    const made = roundedWeights(layer, old, bias, xScale, this.options);
    const name = layer.node.inputs[layer.weight!.input];
    const key = `${name} ${made.params.axis} ${(made.params.scale.data as Float32Array).join()}`;
    const known = this.#weights.get(key);
    if (known !== undefined) return known;
    const entry = [this.#dequantized(name, made), made] as const;
    this.#weights.set(key, entry);
    return entry;
  }

  /** Adds integer constant and DequantizeLinear; the name of the float value. */
  #dequantized(name: string, { value, params }: QuantizedConstant): string {
    const editor = this.#editor;
    const real = editor.fresh(`${name}_dequantized`);
    const inputs = [editor.addConstant(`${name}_quantized`, value), ...this.#paramNames(name, params)];
    const attributes: Node['attributes'] =
      params.scale.data.length > 1 ? { axis: attr.int(params.axis) } : {};
    editor.replace([], [editor.newNode('DequantizeLinear', inputs, [real], attributes)]);
    return real;
  }

  #outputReport({ outputs }: Layer): LayerReport['output'] {
    if (outputs.length === 0) return null;
    const params = this.#paramsOf(outputs[0]);
    const scale = toNumbers(params.scale)[0];
    const zeroPoint = toNumbers(params.zeroPoint)[0];
    const real = (integer: number): number => (integer - zeroPoint) * scale;
    return { min: real(params.least), max: real(params.most), scale, zeroPoint };
  }
}

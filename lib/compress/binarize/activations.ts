// Binary activations: where a layer becomes binary, what it reads becomes 1 and -1. The activation function before it gives
// way to the sign of what it was applied to, normalised; poolings between them come before the sign, because the largest of
// several signs has no useful gradient; what only moves values or drops them comes behind.
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { emit } from '../../ops/gradients/emit.js';
import type { TensorType } from '../../ops/op.js';
import { inferTypes } from '../../passes/infer-types.js';
import { isOp } from '../../passes/pattern.js';
import type { Dims } from '../../tensor/shape.js';
import { f32 } from '../../tensor/tensor.js';
import { EditorWriter } from './graph-writer.js';
import type { BinaryLayer } from './layers.js';
import type { ActivationForm } from './method.js';
import { Parameters, Signs } from './signs.js';

/** A graph in training form with what is to be known about training it. */
export interface BinaryForm {
  readonly graph: Graph;
  readonly parameters: Parameters;
  readonly progress: string | undefined;
}

const functions = [
  'Relu',
  'Clip',
  'LeakyRelu',
  'PRelu',
  'Elu',
  'Selu',
  'Celu',
  'Gelu',
  'HardSwish',
  'HardSigmoid',
  'Sigmoid',
  'Tanh',
  'Softplus',
  'Softsign',
  'Mish',
  'ThresholdedRelu',
] as const;
const poolings = ['MaxPool', 'AveragePool', 'GlobalAveragePool', 'GlobalMaxPool'] as const;
const movers = ['Flatten', 'Reshape', 'Squeeze', 'Identity', 'Dropout'] as const;

/** Replaces what the layers read by signs, and normalises what they give. */
export function withBinaryActivations(
  graph: Graph,
  layers: readonly BinaryLayer[],
  form: ActivationForm,
): BinaryForm {
  return new Rewriting(graph, form).run(layers);
}

class Rewriting {
  readonly #editor: GraphEditor;
  readonly #writer: EditorWriter;
  readonly #signs: Signs;
  readonly #parameters = new Parameters();
  readonly #types: ReadonlyMap<string, TensorType>;
  readonly #form: ActivationForm;
  /** What was made of a value already: several layers may read the same. */
  readonly #made = new Map<string, string>();

  constructor(graph: Graph, form: ActivationForm) {
    this.#editor = new GraphEditor(graph);
    this.#writer = new EditorWriter(this.#editor);
    this.#signs = new Signs(this.#writer);
    this.#types = inferTypes(graph).types;
    this.#form = form;
  }

  run(layers: readonly BinaryLayer[]): BinaryForm {
    const find = (name: string): Node => [...this.#editor.nodes].find((node) => node.name === name)!;
    for (const { node } of layers) this.#normalizeOutput(find(node));
    const reading = layers.filter(({ form }) => form === 'binary');
    for (const { node } of reading) this.#binarizeInput(find(node));
    // Without the nodes that nothing needs any more, which activations stay is seen.
    const graph = this.#editor.finish();
    const parameters = this.#parameters;
    if (this.#form.rprelu && reading.length > 0)
      return { ...withRprelu(graph, reading, parameters), progress: this.#signs.progress };
    return { graph, parameters, progress: this.#signs.progress };
  }

  /** BatchNormalization behind a layer, through poolings, unless there is one. */
  #normalizeOutput(node: Node): void {
    let value = node.outputs[0]!;
    for (;;) {
      const users = this.#editor.consumers(value);
      const [user] = users;
      if (users.length !== 1 || this.#editor.isGraphOutput(value)) break;
      if (isOp(user, 'BatchNormalization')) return;
      if (!isOp(user, ...poolings)) break;
      value = user.outputs[0]!;
    }
    const [output] = node.outputs as [string];
    const plain = this.#editor.fresh(`${output}/plain`);
    const inputs = [plain, ...this.#normalization(output, this.#dims(output)[1]!)];
    this.#editor.replace(
      [node],
      [
        { ...node, outputs: [plain, ...node.outputs.slice(1)] },
        this.#editor.newNode('BatchNormalization', inputs, [output]),
      ],
    );
  }

  #normalization(hint: string, channels: number): string[] {
    return (
      [
        ['scale', 1],
        ['bias', 0],
        ['mean', 0],
        ['variance', 1],
      ] as const
    ).map(([part, value]) =>
      this.#editor.addConstant(
        `${hint}/norm.${part}`,
        f32([channels], new Float32Array(channels).fill(value)),
      ),
    );
  }

  #binarizeInput(node: Node): void {
    const input = node.inputs[0]!;
    const [moved, beforeMoving] = this.#chain(input, movers);
    const [pooled, beforePooling] = this.#chain(beforeMoving, poolings);
    const activation = this.#editor.producer(beforePooling);
    let value = beforeMoving;
    if (isOp(activation, ...functions)) value = this.#after(pooled, activation.inputs[0]!);
    const dims = this.#dims(beforeMoving);
    value = this.#once(value, 'normalized', (x) => this.#normalized(x, dims[1]!));
    // Bits of eight channels make a byte; where a byte would not be full they are taken of the flat value.
    const early = dims[1]! % 8 === 0 ? [] : moved.filter(({ op }) => op !== 'Dropout');
    value = this.#after(early, value);
    const signed = early.length === 0 ? dims : this.#dims(early.at(-1)!.outputs[0]!);
    value = this.#once(value, 'sign', (x) => this.#sign(x, signed));
    value = this.#after(
      moved.filter((mover) => !early.includes(mover)),
      value,
    );
    this.#editor.replace([node], [{ ...node, inputs: node.inputs.with(0, value) }]);
  }

  /** Nodes of these operators before a value, in order, and the value before them. */
  #chain(value: string, ops: readonly string[]): readonly [readonly Node[], string] {
    const nodes: Node[] = [];
    let before = value;
    for (let at = this.#editor.producer(before); isOp(at, ...ops); at = this.#editor.producer(before)) {
      nodes.unshift(at);
      before = at.inputs[0]!;
    }
    return [nodes, before];
  }

  /** What these nodes, one after the other, make of a value. */
  #after(nodes: readonly Node[], value: string): string {
    return nodes.reduce(
      (x, node) => this.#once(x, node.name, (from) => this.#writer.again(node, from)),
      value,
    );
  }

  /** Dims of a value of the graph before anything was changed, of which the batch may be a stand-in. */
  #dims(value: string): Dims {
    return this.#types.get(value)!.dims;
  }

  #once(from: string, what: string, make: (from: string) => string): string {
    const key = `${from}\n${what}`;
    const made = this.#made.get(key) ?? make(from);
    this.#made.set(key, made);
    return made;
  }

  #normalized(x: string, channels: number): string {
    if (this.#isNormalized(x)) return x;
    return emit(this.#writer, 'BatchNormalization', [x, ...this.#normalization(x, channels)]);
  }

  #sign(x: string, dims: Dims): string {
    const { estimate, threshold } = this.#form;
    if (!threshold) return this.#signs.of(x, estimate);
    const values = f32([dims[1]!, ...dims.slice(2).map(() => 1)], new Float32Array(dims[1]!));
    const name = this.#parameters.add(this.#writer.constant(`${x}/threshold`, values));
    return this.#signs.of(emit(this.#writer, 'Sub', [x, name]), estimate);
  }

  #isNormalized(x: string): boolean {
    let at = this.#editor.producer(x);
    while (isOp(at, ...poolings)) at = this.#editor.producer(at.inputs[0]!);
    return isOp(at, 'BatchNormalization');
  }
}

/** Slope of RPReLU below its threshold before training (ReActNet's code). */
const slope = 0.25;

/** RPReLU in place of the activations that stay behind binary layers. */
function withRprelu(
  graph: Graph,
  layers: readonly BinaryLayer[],
  parameters: Parameters,
): { readonly graph: Graph; readonly parameters: Parameters } {
  const editor = new GraphEditor(graph);
  const writer = new EditorWriter(editor);
  const names = new Set(layers.map(({ node }) => node));
  const { types } = inferTypes(graph);
  /** Whether a value comes from a binary layer by normalisation, pooling and addition alone. */
  const fromBinary = (value: string): boolean => {
    const node = editor.producer(value);
    if (node === undefined || names.has(node.name)) return node !== undefined;
    return isOp(node, 'BatchNormalization', 'Add', ...poolings) && node.inputs.slice(0, 2).some(fromBinary);
  };
  for (const node of graph.nodes) {
    const type = types.get(node.outputs[0] ?? '');
    if (
      !isOp(node, ...functions) ||
      type === undefined ||
      type.dims.length < 2 ||
      !fromBinary(node.inputs[0]!)
    )
      continue;
    const dims = [type.dims[1]!, ...type.dims.slice(2).map(() => 1)];
    const parameter = (what: string, value: number): string =>
      parameters.add(
        writer.constant(`${node.outputs[0]}/${what}`, f32(dims, new Float32Array(dims[0]!).fill(value))),
      );
    const shifted = emit(writer, 'Sub', [node.inputs[0]!, parameter('from', 0)]);
    const bent = emit(writer, 'PRelu', [shifted, parameter('slope', slope)]);
    editor.replace([node], [editor.newNode('Add', [bent, parameter('to', 0)], [node.outputs[0]!])]);
  }
  return { graph: editor.finish(), parameters };
}

// Residual transfer, f_target(x) = f_source(x) + delta(x), layer by layer: beside each convolution and fully connected layer of
// a frozen source stands a product of two small ones of rank r, zero at first (LoRA: Hu et al. 2021, arXiv:2106.09685,
// section 4.1; for convolutions the first factor has the layer's kernel and the second is 1x1). Trained, the product is
// added to the layer's own weights: the result has the graph, size and speed of the source.
import { KompaktError } from '../../errors.js';
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { normalNumbers } from '../../ops/shared/random-numbers.js';
import { sizeOf } from '../../tensor/shape.js';
import { f32, type TensorValue } from '../../tensor/tensor.js';
import { randomFor } from '../seeds.js';

/** What stands beside one layer. */
export interface Adapter {
  /** Names of constants: the layer's weights, and the factors down [r,K] and up [O,r] (or their transposes). */
  readonly weight: string;
  readonly down: string;
  readonly up: string;
  /** The nodes that were added, and the layer's own output without them. */
  readonly output: string;
  readonly plain: string;
  /** The weight is [K,O] and not [O,...]. */
  readonly transposed: boolean;
}

export interface Adapted {
  readonly graph: Graph;
  readonly adapters: readonly Adapter[];
}

/** The graph with adapters of rank `rank`, which change nothing yet. Throws KPT_OPTION_INVALID where no layer takes one. */
export function withLowRank(source: Graph, rank: number, seed: number): Adapted {
  const editor = new GraphEditor(source);
  const adapters: Adapter[] = [];
  for (const node of source.nodes) {
    const layer = layerOf(node, editor);
    if (layer === undefined) continue;
    const normal = normalNumbers(randomFor(seed, 'adapters', adapters.length));
    adapters.push(adapt(editor, node, layer, rank, normal));
  }
  if (adapters.length === 0)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      'The model has no convolution or fully connected layer with constant weights that could be adapted.',
    );
  return { graph: editor.finish(), adapters };
}

interface Layer {
  readonly weight: TensorValue;
  /** The weight is [K,O] and not [O,...]. */
  readonly transposed: boolean;
}

/** The layer that a node is, when its weights are constant and of float32. */
function layerOf(node: Node, editor: GraphEditor): Layer | undefined {
  const weight = editor.constant(node.inputs[1] ?? '');
  if (node.domain !== '' || weight?.dtype !== 'float32') return undefined;
  const int = (name: string): unknown => node.attributes[name]?.value ?? 0;
  switch (node.op) {
    case 'Conv':
      return (node.attributes.group?.value ?? 1) === 1 ? { weight, transposed: false } : undefined;
    case 'Gemm':
      if (int('transA') !== 0 || (node.attributes.alpha?.value ?? 1) !== 1) return undefined;
      return { weight, transposed: int('transB') === 0 };
    case 'MatMul':
      return weight.dims.length === 2 ? { weight, transposed: true } : undefined;
    default:
      return undefined;
  }
}

function adapt(
  editor: GraphEditor,
  node: Node,
  { weight, transposed }: Layer,
  rank: number,
  normal: () => number,
): Adapter {
  const [x, w] = node.inputs as [string, string];
  const output = node.outputs[0]!;
  const [outputs, inner] = transposed
    ? [weight.dims[1]!, weight.dims.slice(0, 1)]
    : [weight.dims[0]!, weight.dims.slice(1)];
  const deviation = Math.sqrt(1 / sizeOf(inner));
  const random = Float32Array.from({ length: rank * sizeOf(inner) }, () => deviation * normal());
  const ones = inner.slice(1).map(() => 1);
  const down = editor.addConstant(`${w}/down`, f32(transposed ? [...inner, rank] : [rank, ...inner], random));
  const up = editor.addConstant(
    `${w}/up`,
    f32(transposed ? [rank, outputs] : [outputs, rank, ...ones], new Float32Array(rank * outputs)),
  );
  const [plain, middle, delta] = ['plain', 'low', 'delta'].map((part) =>
    editor.fresh(`${output}/${part}`),
  ) as [string, string, string];
  // The first factor moves over the input as the layer does; the second mixes what it found, pixel by pixel.
  const { kernel_shape: _, ...once } = node.attributes;
  const mixing = node.op === 'Conv' ? {} : node.op === 'Gemm' ? pick(node, 'transB') : {};
  editor.replace(
    [node],
    [
      { ...node, outputs: [plain] },
      editor.newNode(node.op, [x, down], [middle], once),
      editor.newNode(node.op, [middle, up], [delta], mixing),
      editor.newNode('Add', [plain, delta], [output]),
    ],
  );
  return { weight: w, down, up, output, plain, transposed };
}

const pick = (node: Node, name: string): Node['attributes'] =>
  node.attributes[name] === undefined ? {} : { [name]: node.attributes[name] };

/** The graph with every adapter added to the weights it stands beside; the nodes are those of the source again. */
export function mergeLowRank(graph: Graph, adapters: readonly Adapter[]): Graph {
  const editor = new GraphEditor(graph);
  for (const { weight, down, up, output, plain, transposed } of adapters) {
    const [w, a, b] = [weight, down, up].map((name) => editor.constant(name)!) as [
      TensorValue,
      TensorValue,
      TensorValue,
    ];
    const layer = editor.producer(plain)!;
    const merged = editor.addConstant(weight, f32(w.dims, sum(w, a, b, transposed)));
    const inputs = layer.inputs.map((name, i) => (i === 1 ? merged : name));
    const added = editor.producer(output)!;
    editor.replace([layer, added], [{ ...layer, inputs, outputs: [output] }]);
  }
  return editor.finish();
}

/** w + up x down (or down x up for [K,O] weights), summed in double precision. */
function sum(w: TensorValue, down: TensorValue, up: TensorValue, transposed: boolean): Float32Array {
  const [left, right] = transposed ? [down, up] : [up, down];
  const rows = left.dims[0]!;
  const rank = left.data.length / rows;
  const columns = right.data.length / rank;
  const [a, b] = [left.data as Float32Array, right.data as Float32Array];
  return (w.data as Float32Array).map((value, at) => {
    const [row, column] = [Math.floor(at / columns), at % columns];
    let total = value;
    for (let r = 0; r < rank; r++) total += a[row * rank + r]! * b[r * columns + column]!;
    return total;
  });
}

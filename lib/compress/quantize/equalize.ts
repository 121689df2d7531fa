// Cross-layer equalisation: a factor per channel moves from one convolution into the next through a function that it
// passes unchanged, so that the channels between them have like ranges and one scale serves all of them.
// Source: Nagel et al. 2019, arXiv:1906.04721, section 4.1, equation 11. Here only where the second convolution is
// depthwise: with one weight scale per channel neither convolution loses anything, so the values between can only gain.
import type { Graph, Node } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { intAttr } from '../../ops/op.js';
import { isOp, soleUser } from '../../passes/pattern.js';
import { f32, type TensorValue, toNumbers } from '../../tensor/tensor.js';

/** The graph with equalised pairs; its outputs are the same up to rounding in float32. */
export function equalize(graph: Graph): Graph {
  const editor = new GraphEditor(graph);
  for (const { outputs } of [...editor.nodes]) {
    // The node as it is now: behind another convolution it may have new weights already.
    const node = editor.producer(outputs[0]!);
    if (!isOp(node, 'Conv')) continue;
    const second = depthwiseBehind(editor, node.outputs[0]!);
    const first = editor.constant(node.inputs[1]!);
    if (second === undefined || first?.dtype !== 'float32') continue;
    const next = editor.constant(second.inputs[1]!);
    const bias = node.inputs[2] ? editor.constant(node.inputs[2]) : undefined;
    if (next?.dtype !== 'float32' || next.dims[0] !== first.dims[0]) continue;
    if (node.inputs[2] && bias?.dtype !== 'float32') continue;
    const factors = equalFactors(channelReach(first), channelReach(next));
    const inverse = factors.map((f) => 1 / f);
    const scaled = (hint: string, value: TensorValue, by: Float64Array): string =>
      editor.addConstant(`${hint}_equalized`, scaledChannels(value, by));
    const inputs = [node.inputs[0]!, scaled(node.inputs[1]!, first, inverse)];
    if (bias !== undefined) inputs.push(scaled(node.inputs[2]!, bias, inverse));
    editor.replace([node], [{ ...node, inputs }]);
    const behind = [second.inputs[0]!, scaled(second.inputs[1]!, next, factors), ...second.inputs.slice(2)];
    editor.replace([second], [{ ...second, inputs: behind }]);
  }
  return editor.finish();
}

/** The depthwise convolution with one filter a channel that alone uses `value`, directly or behind f(a x) = a f(x), a > 0. */
function depthwiseBehind(editor: GraphEditor, value: string): Node | undefined {
  const user = soleUser(editor, value);
  if (isOp(user, 'Relu', 'LeakyRelu')) return depthwiseBehind(editor, user.outputs[0]!);
  if (!isOp(user, 'Conv') || user.inputs[0] !== value) return undefined;
  const weight = editor.constant(user.inputs[1]!);
  const depthwise = weight?.dims[1] === 1 && weight.dims[0] === intAttr(user, 'group', 1);
  return depthwise ? user : undefined;
}

/** sqrt(r1 / r2): what the first layer is divided and the second multiplied by; 1 where either is all zeros. */
const equalFactors = (first: Float64Array, second: Float64Array): Float64Array =>
  first.map((r, c) => (r > 0 && second[c]! > 0 ? Math.sqrt(r / second[c]!) : 1));

function channelReach(weight: TensorValue): Float64Array {
  const values = toNumbers(weight);
  const reach = new Float64Array(weight.dims[0]!);
  const size = values.length / Math.max(1, reach.length);
  values.forEach((v, i) => {
    const c = Math.floor(i / size);
    reach[c] = Math.max(reach[c]!, Math.abs(v));
  });
  return reach;
}

function scaledChannels(value: TensorValue, by: Float64Array): TensorValue {
  const size = value.data.length / Math.max(1, by.length);
  return f32(
    value.dims,
    toNumbers(value).map((v, i) => v * by[Math.floor(i / size)]!),
  );
}

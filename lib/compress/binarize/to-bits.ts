// From the training form of a binary network to the one that is kept: signs as the comparisons that pack-binary knows, binary
// weights as constants, and one-bit operators wherever both meet.
import type { Graph } from '../../graph/graph.js';
import { GraphEditor } from '../../graph/rewrite.js';
import { bypass } from '../../passes/bypass.js';
import { packBinary } from '../../passes/pack-binary.js';
import { cleanPasses, runPipeline } from '../../passes/pipeline.js';
import { f32 } from '../../tensor/tensor.js';

/** The graph without operators of training, in standard ONNX. */
export function toInference(trained: Graph): Graph {
  const editor = new GraphEditor(trained);
  for (const node of editor.nodes)
    if (node.domain === 'ai.kompakt' && node.op === 'StraightThrough') bypass(editor, node, node.inputs[0]!);
  // Signs of constants are computed here and now; those that are left are of activations.
  return withComparisons(runPipeline(cleanPasses, editor.finish()));
}

/** Binarize as Where(x >= 0, 1, -1). */
function withComparisons(graph: Graph): Graph {
  const editor = new GraphEditor(graph);
  const number = (value: number): string => editor.addConstant(`${value}`, f32([], [value]));
  for (const node of editor.nodes) {
    if (node.domain !== 'ai.kompakt' || node.op !== 'Binarize') continue;
    const above = editor.fresh(`${node.outputs[0]}/above`);
    editor.replace(
      [node],
      [
        editor.newNode('GreaterOrEqual', [node.inputs[0]!, number(0)], [above]),
        { ...node, op: 'Where', domain: '', inputs: [above, number(1), number(-1)], attributes: {} },
      ],
    );
  }
  return editor.finish();
}

export const toBits = (trained: Graph): Graph => packBinary.run(toInference(trained));

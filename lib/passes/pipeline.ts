// The ordered lists of passes. Every line says why it stands where it does.
import { type Graph, opKey } from '../graph/graph.js';
import { forgetIndex } from '../graph/rewrite.js';
import { dropIdentity } from './drop-identity.js';
import { foldBatchNorm } from './fold-batch-norm.js';
import { foldBias } from './fold-bias.js';
import { foldConstants } from './fold-constants.js';
import { foldPad } from './fold-pad.js';
import { fuseActivation } from './fuse-activation.js';
import { fuseChannelSplit } from './fuse-channel-split.js';
import { fuseDynamic } from './fuse-dynamic.js';
import { fuseGelu } from './fuse-gelu.js';
import { fuseHardSwish } from './fuse-hard-swish.js';
import { fuseIntegerTails } from './fuse-integer-tails.js';
import { fuseLayerNorm } from './fuse-layer-norm.js';
import { fuseMatMul } from './fuse-mat-mul.js';
import { fuseMatMulBias } from './fuse-mat-mul-bias.js';
import { fuseQdq } from './fuse-qdq.js';
import { fuseResidual } from './fuse-residual.js';
import { fuseSilu } from './fuse-silu.js';
import { fuseTables } from './fuse-tables.js';
import { mergeEqual } from './merge-equal.js';
import { mergeNarrow } from './merge-narrow.js';
import { packBinary } from './pack-binary.js';
import type { Pass } from './pass.js';
import { prepareBodies } from './prepare-bodies.js';

export interface Stage {
  readonly pass: Pass;
  readonly because: string;
}

/** Float clean-up into standard ONNX: before quantising, and before saving. */
export const cleanPasses: readonly Stage[] = [
  { pass: dropIdentity, because: 'nodes that do nothing would hide the patterns below' },
  { pass: foldConstants, because: 'weights that are computed must be constants before they can be folded' },
  { pass: foldPad, because: 'a convolution pads for nothing' },
  { pass: foldBias, because: 'bias added behind a convolution hides the BatchNormalization behind it' },
  { pass: foldBatchNorm, because: 'scale and shift in the weights cost nothing at run time' },
  { pass: foldBias, because: 'the shift behind a scale that was just folded is a bias too' },
  { pass: fuseHardSwish, because: 'one operator becomes one table; its parts would be four' },
  { pass: fuseLayerNorm, because: 'the parts of a normalisation must not be quantised one by one' },
  { pass: dropIdentity, because: 'folding leaves shapes known that were computed' },
  {
    pass: fuseChannelSplit,
    because: 'two strided copies in any layout instead of five in one; its shapes must be known',
  },
];

/** Everything before a plan is made; the results are for this process only. */
export const runPasses: readonly Stage[] = [
  ...cleanPasses,
  { pass: mergeEqual, because: 'what is computed once need not be fused, or run, several times' },
  {
    pass: packBinary,
    because: 'scales are folded by now, and the parts of a binarisation must not be fused into other things',
  },
  { pass: fuseMatMulBias, because: 'integer products take their bias along' },
  { pass: fuseTables, because: 'a whole chain of functions is one table, before its parts are looked at' },
  { pass: fuseQdq, because: 'integer operators by groups of DequantizeLinear, operator, QuantizeLinear' },
  { pass: fuseIntegerTails, because: 'sums and tables ride along with integer convolutions' },
  {
    pass: fuseDynamic,
    because: 'products with run-time scales, before their parts look like float operators',
  },
  { pass: fuseSilu, because: 'what stayed float: activations must be one node to be fused' },
  { pass: fuseGelu, because: 'as for SiLU' },
  { pass: fuseMatMul, because: 'matrix products become one operator with room for bias and activation' },
  { pass: fuseResidual, because: 'a residual comes before the activation behind it' },
  { pass: fuseActivation, because: 'activations ride along with the operator before' },
  { pass: mergeNarrow, because: 'convolutions are merged only together with what rides along with them' },
];

const operatorsOf = (graph: Graph): Set<string> => new Set(graph.nodes.map(opKey));

/** `inspect` sees the graph after each pass that changed it. */
export function runPipeline(
  stages: readonly Stage[],
  graph: Graph,
  inspect?: (pass: Pass, before: Graph, after: Graph) => void,
): Graph {
  let current = graph;
  let operators = operatorsOf(current);
  for (const { pass } of stages) {
    if (pass.needs?.every((op) => !operators.has(op))) continue;
    const next = pass.run(current);
    inspect?.(pass, current, next);
    if (next !== current) operators = operatorsOf(next);
    current = next;
  }
  forgetIndex(current);
  return current;
}

/** The graph as `run` plans it, with the bodies of its control flow. */
export const prepareForRun = (graph: Graph): Graph =>
  prepareBodies(runPipeline(runPasses, graph), prepareForRun);

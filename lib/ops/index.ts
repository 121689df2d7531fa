// Every operator, one line each. Dispatch, conformance tests and docs/ops.md enumerate this list.

import { KompaktError } from '../errors.js';
import { type Node, opKey } from '../graph/graph.js';
import { abs } from './abs.js';
import { acos } from './acos.js';
import { acosh } from './acosh.js';
import { adamUpdate } from './adam-update.js';
import { add } from './add.js';
import { affineGrid } from './affine-grid.js';
import { and } from './and.js';
import { argMax } from './arg-max.js';
import { argMin } from './arg-min.js';
import { asin } from './asin.js';
import { asinh } from './asinh.js';
import { atan } from './atan.js';
import { atanh } from './atanh.js';
import { attention } from './attention.js';
import { averagePool } from './average-pool.js';
import { averagePoolGradient } from './average-pool-gradient.js';
import { batchNormGradient } from './batch-norm-gradient.js';
import { batchNormTraining } from './batch-norm-training.js';
import { batchNormalization } from './batch-normalization.js';
import { bernoulli } from './bernoulli.js';
import { biasGelu } from './bias-gelu.js';
import { binarize } from './binarize.js';
import { binaryConv } from './binary-conv.js';
import { binaryConvBits } from './binary-conv-bits.js';
import { binaryConvQuantized } from './binary-conv-quantized.js';
import { binaryGemm } from './binary-gemm.js';
import { binaryGemmBits } from './binary-gemm-bits.js';
import { binaryGemmQuantized } from './binary-gemm-quantized.js';
import { binaryMaxPool } from './binary-max-pool.js';
import { bitCast } from './bit-cast.js';
import { bitShift } from './bit-shift.js';
import { bitwiseAnd } from './bitwise-and.js';
import { bitwiseNot } from './bitwise-not.js';
import { bitwiseOr } from './bitwise-or.js';
import { bitwiseXor } from './bitwise-xor.js';
import { blackmanWindow } from './blackman-window.js';
import { bopUpdate } from './bop-update.js';
import { cast } from './cast.js';
import { castLike } from './cast-like.js';
import { ceil } from './ceil.js';
import { celu } from './celu.js';
import { centerCropPad } from './center-crop-pad.js';
import { clip } from './clip.js';
import { col2Im } from './col2-im.js';
import { compress } from './compress.js';
import { concat } from './concat.js';
import { concatFromSequence } from './concat-from-sequence.js';
import { constant } from './constant.js';
import { constantOfShape } from './constant-of-shape.js';
import { conv } from './conv.js';
import { convInteger } from './conv-integer.js';
import { convIntegerToFloat } from './conv-integer-to-float.js';
import { convTranspose } from './conv-transpose.js';
import { convWeightGradient } from './conv-weight-gradient.js';
import { cos } from './cos.js';
import { cosh } from './cosh.js';
import { cumProd } from './cum-prod.js';
import { cumSum } from './cum-sum.js';
import { deformConv } from './deform-conv.js';
import { depthToSpace } from './depth-to-space.js';
import { dequantizeLinear } from './dequantize-linear.js';
import { det } from './det.js';
import { dft } from './dft.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { dropoutTraining } from './dropout-training.js';
import { dynamicQuantizeLinear } from './dynamic-quantize-linear.js';
import { dynamicQuantizeLstm } from './dynamic-quantize-lstm.js';
import { dynamicQuantizeMatMul } from './dynamic-quantize-mat-mul.js';
import { einsum } from './einsum.js';
import { elu } from './elu.js';
import { equal } from './equal.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { expand } from './expand.js';
import { eyeLike } from './eye-like.js';
import { fakeQuantize } from './fake-quantize.js';
import { fakeQuantizeGradient } from './fake-quantize-gradient.js';
import { fastGelu } from './fast-gelu.js';
import { flatten } from './flatten.js';
import { floor } from './floor.js';
import { fusedConv } from './fused-conv.js';
import { fusedGemm } from './fused-gemm.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gather } from './gather.js';
import { gatherElements } from './gather-elements.js';
import { gatherGradient } from './gather-gradient.js';
import { gatherNd } from './gather-nd.js';
import { gelu } from './gelu.js';
import { gemm } from './gemm.js';
import { globalAveragePool } from './global-average-pool.js';
import { globalLpPool } from './global-lp-pool.js';
import { globalMaxPool } from './global-max-pool.js';
import { gradient } from './gradient.js';
import { gradientScale } from './gradient-scale.js';
import { greater } from './greater.js';
import { greaterOrEqual } from './greater-or-equal.js';
import { gridSample } from './grid-sample.js';
import { groupNormalization } from './group-normalization.js';
import { groupQueryAttention } from './group-query-attention.js';
import { gru } from './gru.js';
import { hammingWindow } from './hamming-window.js';
import { hannWindow } from './hann-window.js';
import { hardSigmoid } from './hard-sigmoid.js';
import { hardSwish } from './hard-swish.js';
import { hardmax } from './hardmax.js';
import { identity } from './identity.js';
import { ifOp } from './if.js';
import { instanceNormalization } from './instance-normalization.js';
import { isInf } from './is-inf.js';
import { isNan } from './is-nan.js';
import { layerNormalization } from './layer-normalization.js';
import { leakyRelu } from './leaky-relu.js';
import { less } from './less.js';
import { lessOrEqual } from './less-or-equal.js';
import { listBoxes } from './list-boxes.js';
import { log } from './log.js';
import { logSoftmax } from './log-softmax.js';
import { loop } from './loop.js';
import { lpNormalization } from './lp-normalization.js';
import { lpPool } from './lp-pool.js';
import { lrn } from './lrn.js';
import { lstm } from './lstm.js';
import { matMul } from './mat-mul.js';
import { matMulInteger } from './mat-mul-integer.js';
import { matMulIntegerToFloat } from './mat-mul-integer-to-float.js';
import { matMulNBits } from './mat-mul-n-bits.js';
import { max } from './max.js';
import { maxPool } from './max-pool.js';
import { maxPoolGradient } from './max-pool-gradient.js';
import { maxUnpool } from './max-unpool.js';
import { mean } from './mean.js';
import { meanVarianceNormalization } from './mean-variance-normalization.js';
import { melWeightMatrix } from './mel-weight-matrix.js';
import { microsoftAttention } from './microsoft-attention.js';
import { microsoftDequantizeLinear } from './microsoft-dequantize-linear.js';
import { microsoftFusedConv } from './microsoft-fused-conv.js';
import { microsoftFusedMatMul } from './microsoft-fused-mat-mul.js';
import { microsoftGelu } from './microsoft-gelu.js';
import { microsoftQuantizeLinear } from './microsoft-quantize-linear.js';
import { microsoftRotaryEmbedding } from './microsoft-rotary-embedding.js';
import { min } from './min.js';
import { mish } from './mish.js';
import { mod } from './mod.js';
import { mul } from './mul.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { multinomial } from './multinomial.js';
import { neg } from './neg.js';
import { negativeLogLikelihoodLoss } from './negative-log-likelihood-loss.js';
import { negativeLogLikelihoodLossGradient } from './negative-log-likelihood-loss-gradient.js';
import { nhwcMaxPool } from './nhwc-max-pool.js';
import { nonMaxSuppression } from './non-max-suppression.js';
import { nonZero } from './non-zero.js';
import { not } from './not.js';
import { observedQuantize } from './observed-quantize.js';
import { oneHot } from './one-hot.js';
import type { OpDef } from './op.js';
import { optional } from './optional.js';
import { optionalGetElement } from './optional-get-element.js';
import { optionalHasElement } from './optional-has-element.js';
import { or } from './or.js';
import { packBits } from './pack-bits.js';
import { pad } from './pad.js';
import { plainUpdate } from './plain-update.js';
import { pow } from './pow.js';
import { prelu } from './prelu.js';
import { prune } from './prune.js';
import { qAttention } from './q-attention.js';
import { qConv } from './q-conv.js';
import { qConvTranspose } from './q-conv-transpose.js';
import { qGemm } from './q-gemm.js';
import { qLinearAdd } from './q-linear-add.js';
import { qLinearAveragePool } from './q-linear-average-pool.js';
import { qLinearConcat } from './q-linear-concat.js';
import { qLinearConv } from './q-linear-conv.js';
import { qLinearGlobalAveragePool } from './q-linear-global-average-pool.js';
import { qLinearLeakyRelu } from './q-linear-leaky-relu.js';
import { qLinearMatMul } from './q-linear-mat-mul.js';
import { qLinearMul } from './q-linear-mul.js';
import { qLinearReduceMean } from './q-linear-reduce-mean.js';
import { qLinearSigmoid } from './q-linear-sigmoid.js';
import { qLinearSoftmax } from './q-linear-softmax.js';
import { qLinearWhere } from './q-linear-where.js';
import { qReduceMean } from './q-reduce-mean.js';
import { qTable } from './q-table.js';
import { quantizeLinear } from './quantize-linear.js';
import { quickGelu } from './quick-gelu.js';
import { randomNormal } from './random-normal.js';
import { randomNormalLike } from './random-normal-like.js';
import { randomUniform } from './random-uniform.js';
import { randomUniformLike } from './random-uniform-like.js';
import { range } from './range.js';
import { reciprocal } from './reciprocal.js';
import { reduceL1 } from './reduce-l1.js';
import { reduceL2 } from './reduce-l2.js';
import { reduceLogSum } from './reduce-log-sum.js';
import { reduceLogSumExp } from './reduce-log-sum-exp.js';
import { reduceMax } from './reduce-max.js';
import { reduceMean } from './reduce-mean.js';
import { reduceMin } from './reduce-min.js';
import { reduceProd } from './reduce-prod.js';
import { reduceSum } from './reduce-sum.js';
import { reduceSumSquare } from './reduce-sum-square.js';
import { regexFullMatch } from './regex-full-match.js';
import { relu } from './relu.js';
import { reshape } from './reshape.js';
import { resize } from './resize.js';
import { reverseSequence } from './reverse-sequence.js';
import { rmsNormalization } from './rms-normalization.js';
import { rmspropUpdate } from './rmsprop-update.js';
import { rnn } from './rnn.js';
import { roiAlign } from './roi-align.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { round } from './round.js';
import { scan } from './scan.js';
import { scatterElements } from './scatter-elements.js';
import { scatterNd } from './scatter-nd.js';
import { selectBoxes } from './select-boxes.js';
import { selu } from './selu.js';
import { sequenceAt } from './sequence-at.js';
import { sequenceConstruct } from './sequence-construct.js';
import { sequenceEmpty } from './sequence-empty.js';
import { sequenceErase } from './sequence-erase.js';
import { sequenceInsert } from './sequence-insert.js';
import { sequenceLength } from './sequence-length.js';
import { sequenceMap } from './sequence-map.js';
import { sgdUpdate } from './sgd-update.js';
import { shape } from './shape.js';
import { shrink } from './shrink.js';
import { sigmoid } from './sigmoid.js';
import { sign } from './sign.js';
import { simplifiedLayerNormalization } from './simplified-layer-normalization.js';
import { sin } from './sin.js';
import { sinh } from './sinh.js';
import { size } from './size.js';
import { skipLayerNormalization } from './skip-layer-normalization.js';
import { skipSimplifiedLayerNormalization } from './skip-simplified-layer-normalization.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy-loss.js';
import { softmaxGradient } from './softmax-gradient.js';
import { softplus } from './softplus.js';
import { softsign } from './softsign.js';
import { spaceToDepth } from './space-to-depth.js';
import { split } from './split.js';
import { splitToSequence } from './split-to-sequence.js';
import { sqrt } from './sqrt.js';
import { squeeze } from './squeeze.js';
import { stft } from './stft.js';
import { straightThrough } from './straight-through.js';
import { stringConcat } from './string-concat.js';
import { stringNormalizer } from './string-normalizer.js';
import { stringSplit } from './string-split.js';
import { sub } from './sub.js';
import { sum } from './sum.js';
import { swish } from './swish.js';
import { tan } from './tan.js';
import { tanh } from './tanh.js';
import { tensorScatter } from './tensor-scatter.js';
import { tfIdfVectorizer } from './tf-idf-vectorizer.js';
import { thresholdedRelu } from './thresholded-relu.js';
import { tile } from './tile.js';
import { topK } from './top-k.js';
import { trainingAdagrad } from './training-adagrad.js';
import { trainingAdam } from './training-adam.js';
import { trainingMomentum } from './training-momentum.js';
import { transpose } from './transpose.js';
import { trilu } from './trilu.js';
import { unary } from './unary.js';
import { unaryGradient } from './unary-gradient.js';
import { unique } from './unique.js';
import { unsqueeze } from './unsqueeze.js';
import { where } from './where.js';
import { xor } from './xor.js';

const opList: readonly OpDef[] = [
  abs,
  acos,
  acosh,
  adamUpdate,
  add,
  affineGrid,
  and,
  argMax,
  argMin,
  asin,
  asinh,
  atan,
  atanh,
  attention,
  averagePool,
  averagePoolGradient,
  batchNormGradient,
  batchNormTraining,
  batchNormalization,
  bernoulli,
  biasGelu,
  bitCast,
  binarize,
  binaryConv,
  binaryConvBits,
  binaryConvQuantized,
  binaryGemm,
  binaryGemmBits,
  binaryGemmQuantized,
  binaryMaxPool,
  bitShift,
  bitwiseAnd,
  bitwiseNot,
  bitwiseOr,
  bitwiseXor,
  blackmanWindow,
  bopUpdate,
  cast,
  castLike,
  ceil,
  celu,
  centerCropPad,
  clip,
  col2Im,
  compress,
  concat,
  concatFromSequence,
  constant,
  constantOfShape,
  conv,
  convInteger,
  convIntegerToFloat,
  convTranspose,
  convWeightGradient,
  cos,
  cosh,
  cumProd,
  cumSum,
  deformConv,
  depthToSpace,
  dequantizeLinear,
  det,
  dft,
  div,
  dropout,
  dropoutTraining,
  dynamicQuantizeLinear,
  dynamicQuantizeLstm,
  dynamicQuantizeMatMul,
  einsum,
  elu,
  equal,
  erf,
  exp,
  expand,
  eyeLike,
  fakeQuantize,
  fakeQuantizeGradient,
  fastGelu,
  flatten,
  floor,
  fusedConv,
  fusedGemm,
  fusedMatMul,
  gather,
  gatherElements,
  gatherGradient,
  gatherNd,
  gelu,
  gemm,
  globalAveragePool,
  globalLpPool,
  globalMaxPool,
  gradient,
  gradientScale,
  greater,
  greaterOrEqual,
  gridSample,
  groupNormalization,
  groupQueryAttention,
  gru,
  hammingWindow,
  hannWindow,
  hardSigmoid,
  hardSwish,
  hardmax,
  identity,
  ifOp,
  instanceNormalization,
  isInf,
  isNan,
  layerNormalization,
  leakyRelu,
  less,
  lessOrEqual,
  listBoxes,
  log,
  logSoftmax,
  loop,
  lpNormalization,
  lpPool,
  lrn,
  lstm,
  matMul,
  matMulInteger,
  matMulIntegerToFloat,
  matMulNBits,
  max,
  maxPool,
  maxPoolGradient,
  maxUnpool,
  mean,
  meanVarianceNormalization,
  melWeightMatrix,
  microsoftAttention,
  microsoftDequantizeLinear,
  microsoftFusedConv,
  microsoftFusedMatMul,
  microsoftGelu,
  microsoftQuantizeLinear,
  microsoftRotaryEmbedding,
  min,
  mish,
  mod,
  mul,
  multiHeadAttention,
  multinomial,
  neg,
  negativeLogLikelihoodLoss,
  nhwcMaxPool,
  negativeLogLikelihoodLossGradient,
  nonMaxSuppression,
  nonZero,
  not,
  observedQuantize,
  oneHot,
  optional,
  optionalGetElement,
  optionalHasElement,
  or,
  packBits,
  pad,
  plainUpdate,
  pow,
  prelu,
  prune,
  qAttention,
  qConv,
  qConvTranspose,
  qGemm,
  qLinearAdd,
  qLinearAveragePool,
  qLinearConcat,
  qLinearConv,
  qLinearGlobalAveragePool,
  qLinearLeakyRelu,
  qLinearMatMul,
  qLinearMul,
  qLinearReduceMean,
  qLinearSigmoid,
  qLinearSoftmax,
  qLinearWhere,
  qReduceMean,
  qTable,
  quantizeLinear,
  quickGelu,
  randomNormal,
  randomNormalLike,
  randomUniform,
  randomUniformLike,
  range,
  reciprocal,
  reduceL1,
  reduceL2,
  reduceLogSum,
  reduceLogSumExp,
  reduceMax,
  reduceMean,
  reduceMin,
  reduceProd,
  reduceSum,
  reduceSumSquare,
  regexFullMatch,
  relu,
  reshape,
  resize,
  reverseSequence,
  rmsNormalization,
  rmspropUpdate,
  rnn,
  roiAlign,
  rotaryEmbedding,
  round,
  scan,
  scatterElements,
  scatterNd,
  selectBoxes,
  selu,
  sequenceAt,
  sequenceConstruct,
  sequenceEmpty,
  sequenceErase,
  sequenceInsert,
  sequenceLength,
  sequenceMap,
  sgdUpdate,
  shape,
  shrink,
  sigmoid,
  sign,
  simplifiedLayerNormalization,
  sin,
  sinh,
  size,
  skipLayerNormalization,
  skipSimplifiedLayerNormalization,
  slice,
  softmax,
  softmaxCrossEntropyLoss,
  softmaxGradient,
  softplus,
  softsign,
  spaceToDepth,
  split,
  splitToSequence,
  sqrt,
  squeeze,
  stft,
  straightThrough,
  stringConcat,
  stringNormalizer,
  stringSplit,
  sub,
  sum,
  swish,
  tan,
  tanh,
  tensorScatter,
  tfIdfVectorizer,
  thresholdedRelu,
  tile,
  topK,
  trainingAdagrad,
  trainingAdam,
  trainingMomentum,
  transpose,
  trilu,
  unary,
  unaryGradient,
  unique,
  unsqueeze,
  where,
  xor,
];

export const ops: ReadonlyMap<string, OpDef> = new Map(opList.map((def) => [opKey(def), def]));

/** The definition of a node's operator. Throws KPT_ONNX_UNSUPPORTED_OP naming the node. */
export function opOf(node: Node): OpDef {
  const def = ops.get(opKey(node));
  if (def === undefined)
    throw new KompaktError(
      'KPT_ONNX_UNSUPPORTED_OP',
      `Operator ${opKey(node)} of node '${node.name}' is not supported.`,
      { op: node.op, domain: node.domain, node: node.name },
    );
  return def;
}

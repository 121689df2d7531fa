// Operators that few models have, and those of training, one line each: loaded with the first model that has one.
import { acos } from './acos.js';
import { acosh } from './acosh.js';
import { adamUpdate } from './adam-update.js';
import { affineGrid } from './affine-grid.js';
import { asin } from './asin.js';
import { asinh } from './asinh.js';
import { atan } from './atan.js';
import { atanh } from './atanh.js';
import { attention } from './attention.js';
import { averagePoolGradient } from './average-pool-gradient.js';
import { batchNormGradient } from './batch-norm-gradient.js';
import { batchNormTraining } from './batch-norm-training.js';
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
import { celu } from './celu.js';
import { centerCropPad } from './center-crop-pad.js';
import { col2Im } from './col2-im.js';
import { compress } from './compress.js';
import { concatFromSequence } from './concat-from-sequence.js';
import { convWeightGradient } from './conv-weight-gradient.js';
import { cosh } from './cosh.js';
import { cumProd } from './cum-prod.js';
import { deformConv } from './deform-conv.js';
import { det } from './det.js';
import { dft } from './dft.js';
import { dropoutTraining } from './dropout-training.js';
import { dynamicQuantizeLstm } from './dynamic-quantize-lstm.js';
import { einsum } from './einsum.js';
import { eyeLike } from './eye-like.js';
import { fakeQuantize } from './fake-quantize.js';
import { fakeQuantizeGradient } from './fake-quantize-gradient.js';
import { fastGelu } from './fast-gelu.js';
import { gatherGradient } from './gather-gradient.js';
import { globalLpPool } from './global-lp-pool.js';
import { gradient } from './gradient.js';
import { gradientScale } from './gradient-scale.js';
import { gridSample } from './grid-sample.js';
import { groupQueryAttention } from './group-query-attention.js';
import { gru } from './gru.js';
import { hammingWindow } from './hamming-window.js';
import { hannWindow } from './hann-window.js';
import { hardmax } from './hardmax.js';
import { isInf } from './is-inf.js';
import { listBoxes } from './list-boxes.js';
import { loop } from './loop.js';
import { lpNormalization } from './lp-normalization.js';
import { lpPool } from './lp-pool.js';
import { lrn } from './lrn.js';
import { lstm } from './lstm.js';
import { matMulNBits } from './mat-mul-n-bits.js';
import { maxPoolGradient } from './max-pool-gradient.js';
import { maxUnpool } from './max-unpool.js';
import { meanVarianceNormalization } from './mean-variance-normalization.js';
import { melWeightMatrix } from './mel-weight-matrix.js';
import { microsoftAttention } from './microsoft-attention.js';
import { microsoftRotaryEmbedding } from './microsoft-rotary-embedding.js';
import { multiHeadAttention } from './multi-head-attention.js';
import { multinomial } from './multinomial.js';
import { negativeLogLikelihoodLoss } from './negative-log-likelihood-loss.js';
import { negativeLogLikelihoodLossGradient } from './negative-log-likelihood-loss-gradient.js';
import { nhwcMaxPool } from './nhwc-max-pool.js';
import { nonMaxSuppression } from './non-max-suppression.js';
import { observedQuantize } from './observed-quantize.js';
import type { OpDef } from './op.js';
import { optional } from './optional.js';
import { optionalGetElement } from './optional-get-element.js';
import { optionalHasElement } from './optional-has-element.js';
import { packBits } from './pack-bits.js';
import { plainUpdate } from './plain-update.js';
import { prune } from './prune.js';
import { qAttention } from './q-attention.js';
import { quickGelu } from './quick-gelu.js';
import { randomNormal } from './random-normal.js';
import { randomNormalLike } from './random-normal-like.js';
import { randomUniform } from './random-uniform.js';
import { randomUniformLike } from './random-uniform-like.js';
import { regexFullMatch } from './regex-full-match.js';
import { reverseSequence } from './reverse-sequence.js';
import { rmspropUpdate } from './rmsprop-update.js';
import { rnn } from './rnn.js';
import { roiAlign } from './roi-align.js';
import { rotaryEmbedding } from './rotary-embedding.js';
import { scan } from './scan.js';
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
import { shrink } from './shrink.js';
import { simplifiedLayerNormalization } from './simplified-layer-normalization.js';
import { sinh } from './sinh.js';
import { skipSimplifiedLayerNormalization } from './skip-simplified-layer-normalization.js';
import { softmaxCrossEntropyLoss } from './softmax-cross-entropy-loss.js';
import { softmaxGradient } from './softmax-gradient.js';
import { splitToSequence } from './split-to-sequence.js';
import { stft } from './stft.js';
import { straightThrough } from './straight-through.js';
import { stringConcat } from './string-concat.js';
import { stringNormalizer } from './string-normalizer.js';
import { stringSplit } from './string-split.js';
import { tan } from './tan.js';
import { tensorScatter } from './tensor-scatter.js';
import { tfIdfVectorizer } from './tf-idf-vectorizer.js';
import { thresholdedRelu } from './thresholded-relu.js';
import { trainingAdagrad } from './training-adagrad.js';
import { trainingAdam } from './training-adam.js';
import { trainingMomentum } from './training-momentum.js';
import { trilu } from './trilu.js';
import { unaryGradient } from './unary-gradient.js';
import { unique } from './unique.js';
import { xor } from './xor.js';

/** All of them. */
export const rareOps = (): readonly OpDef[] => [
  acos,
  acosh,
  adamUpdate,
  affineGrid,
  asin,
  asinh,
  atan,
  atanh,
  attention,
  averagePoolGradient,
  batchNormGradient,
  batchNormTraining,
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
  celu,
  centerCropPad,
  col2Im,
  compress,
  concatFromSequence,
  convWeightGradient,
  cosh,
  cumProd,
  deformConv,
  det,
  dft,
  dropoutTraining,
  dynamicQuantizeLstm,
  einsum,
  eyeLike,
  fakeQuantize,
  fakeQuantizeGradient,
  fastGelu,
  gatherGradient,
  globalLpPool,
  gradient,
  gradientScale,
  gridSample,
  groupQueryAttention,
  gru,
  hammingWindow,
  hannWindow,
  hardmax,
  isInf,
  listBoxes,
  loop,
  lpNormalization,
  lpPool,
  lrn,
  lstm,
  matMulNBits,
  maxPoolGradient,
  maxUnpool,
  meanVarianceNormalization,
  melWeightMatrix,
  microsoftAttention,
  microsoftRotaryEmbedding,
  multiHeadAttention,
  multinomial,
  negativeLogLikelihoodLoss,
  nhwcMaxPool,
  negativeLogLikelihoodLossGradient,
  nonMaxSuppression,
  observedQuantize,
  optional,
  optionalGetElement,
  optionalHasElement,
  packBits,
  plainUpdate,
  prune,
  qAttention,
  quickGelu,
  randomNormal,
  randomNormalLike,
  randomUniform,
  randomUniformLike,
  regexFullMatch,
  reverseSequence,
  rmspropUpdate,
  rnn,
  roiAlign,
  rotaryEmbedding,
  scan,
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
  shrink,
  simplifiedLayerNormalization,
  sinh,
  skipSimplifiedLayerNormalization,
  softmaxCrossEntropyLoss,
  softmaxGradient,
  splitToSequence,
  stft,
  straightThrough,
  stringConcat,
  stringNormalizer,
  stringSplit,
  tan,
  tensorScatter,
  tfIdfVectorizer,
  thresholdedRelu,
  trainingAdagrad,
  trainingAdam,
  trainingMomentum,
  trilu,
  unaryGradient,
  unique,
  xor,
];

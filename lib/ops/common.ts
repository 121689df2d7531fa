// Operators that most models have, and what passes make of them, one line each: loaded with the first model. What sessions need
// of the others is in rare.ts; the more stand here, the longer every first start takes.
import { abs } from './abs.js';
import { add } from './add.js';
import { and } from './and.js';
import { argMax } from './arg-max.js';
import { argMin } from './arg-min.js';
import { averagePool } from './average-pool.js';
import { batchNormalization } from './batch-normalization.js';
import { cast } from './cast.js';
import { castLike } from './cast-like.js';
import { ceil } from './ceil.js';
import { clip } from './clip.js';
import { concat } from './concat.js';
import { constant } from './constant.js';
import { constantOfShape } from './constant-of-shape.js';
import { conv } from './conv.js';
import { convInteger } from './conv-integer.js';
import { convIntegerToFloat } from './conv-integer-to-float.js';
import { convTranspose } from './conv-transpose.js';
import { cos } from './cos.js';
import { cumSum } from './cum-sum.js';
import { depthToSpace } from './depth-to-space.js';
import { dequantizeLinear } from './dequantize-linear.js';
import { div } from './div.js';
import { dropout } from './dropout.js';
import { dynamicQuantizeLinear } from './dynamic-quantize-linear.js';
import { dynamicQuantizeMatMul } from './dynamic-quantize-mat-mul.js';
import { elu } from './elu.js';
import { equal } from './equal.js';
import { erf } from './erf.js';
import { exp } from './exp.js';
import { expand } from './expand.js';
import { flatten } from './flatten.js';
import { floor } from './floor.js';
import { fusedConv } from './fused-conv.js';
import { fusedGemm } from './fused-gemm.js';
import { fusedMatMul } from './fused-mat-mul.js';
import { gather } from './gather.js';
import { gatherElements } from './gather-elements.js';
import { gatherNd } from './gather-nd.js';
import { gelu } from './gelu.js';
import { gemm } from './gemm.js';
import { globalAveragePool } from './global-average-pool.js';
import { globalMaxPool } from './global-max-pool.js';
import { greater } from './greater.js';
import { greaterOrEqual } from './greater-or-equal.js';
import { groupNormalization } from './group-normalization.js';
import { hardSigmoid } from './hard-sigmoid.js';
import { hardSwish } from './hard-swish.js';
import { identity } from './identity.js';
import { ifOp } from './if.js';
import { instanceNormalization } from './instance-normalization.js';
import { isNan } from './is-nan.js';
import { layerNormalization } from './layer-normalization.js';
import { leakyRelu } from './leaky-relu.js';
import { less } from './less.js';
import { lessOrEqual } from './less-or-equal.js';
import { log } from './log.js';
import { logSoftmax } from './log-softmax.js';
import { matMul } from './mat-mul.js';
import { matMulInteger } from './mat-mul-integer.js';
import { matMulIntegerToFloat } from './mat-mul-integer-to-float.js';
import { max } from './max.js';
import { maxPool } from './max-pool.js';
import { mean } from './mean.js';
import { microsoftDequantizeLinear } from './microsoft-dequantize-linear.js';
import { microsoftFusedConv } from './microsoft-fused-conv.js';
import { microsoftFusedMatMul } from './microsoft-fused-mat-mul.js';
import { microsoftGelu } from './microsoft-gelu.js';
import { microsoftQuantizeLinear } from './microsoft-quantize-linear.js';
import { min } from './min.js';
import { mish } from './mish.js';
import { mod } from './mod.js';
import { mul } from './mul.js';
import { neg } from './neg.js';
import { nonZero } from './non-zero.js';
import { not } from './not.js';
import { oneHot } from './one-hot.js';
import type { OpDef } from './op.js';
import { or } from './or.js';
import { pad } from './pad.js';
import { pow } from './pow.js';
import { prelu } from './prelu.js';
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
import { relu } from './relu.js';
import { reshape } from './reshape.js';
import { resize } from './resize.js';
import { rmsNormalization } from './rms-normalization.js';
import { round } from './round.js';
import { scatterElements } from './scatter-elements.js';
import { scatterNd } from './scatter-nd.js';
import { shape } from './shape.js';
import { sigmoid } from './sigmoid.js';
import { sign } from './sign.js';
import { sin } from './sin.js';
import { size } from './size.js';
import { skipLayerNormalization } from './skip-layer-normalization.js';
import { slice } from './slice.js';
import { softmax } from './softmax.js';
import { softplus } from './softplus.js';
import { softsign } from './softsign.js';
import { spaceToDepth } from './space-to-depth.js';
import { split } from './split.js';
import { sqrt } from './sqrt.js';
import { squeeze } from './squeeze.js';
import { sub } from './sub.js';
import { sum } from './sum.js';
import { swish } from './swish.js';
import { tanh } from './tanh.js';
import { tile } from './tile.js';
import { topK } from './top-k.js';
import { transpose } from './transpose.js';
import { unary } from './unary.js';
import { unsqueeze } from './unsqueeze.js';
import { where } from './where.js';

export const commonOps: readonly OpDef[] = [
  abs,
  add,
  and,
  argMax,
  argMin,
  averagePool,
  batchNormalization,
  cast,
  castLike,
  ceil,
  clip,
  concat,
  constant,
  constantOfShape,
  conv,
  convInteger,
  convIntegerToFloat,
  convTranspose,
  cos,
  cumSum,
  depthToSpace,
  dequantizeLinear,
  div,
  dropout,
  dynamicQuantizeLinear,
  dynamicQuantizeMatMul,
  elu,
  equal,
  erf,
  exp,
  expand,
  flatten,
  floor,
  fusedConv,
  fusedGemm,
  fusedMatMul,
  gather,
  gatherElements,
  gatherNd,
  gelu,
  gemm,
  globalAveragePool,
  globalMaxPool,
  greater,
  greaterOrEqual,
  groupNormalization,
  hardSigmoid,
  hardSwish,
  identity,
  ifOp,
  instanceNormalization,
  isNan,
  layerNormalization,
  leakyRelu,
  less,
  lessOrEqual,
  log,
  logSoftmax,
  matMul,
  matMulInteger,
  matMulIntegerToFloat,
  max,
  maxPool,
  mean,
  microsoftDequantizeLinear,
  microsoftFusedConv,
  microsoftFusedMatMul,
  microsoftGelu,
  microsoftQuantizeLinear,
  min,
  mish,
  mod,
  mul,
  neg,
  nonZero,
  not,
  oneHot,
  or,
  pad,
  pow,
  prelu,
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
  relu,
  reshape,
  resize,
  rmsNormalization,
  round,
  scatterElements,
  scatterNd,
  shape,
  sigmoid,
  sign,
  sin,
  size,
  skipLayerNormalization,
  slice,
  softmax,
  softplus,
  softsign,
  spaceToDepth,
  split,
  sqrt,
  squeeze,
  sub,
  sum,
  swish,
  tanh,
  tile,
  topK,
  transpose,
  unary,
  unsqueeze,
  where,
];

// SkipSimplifiedLayerNormalization (com.microsoft): input + skip + bias over its root mean square. Inputs: input, skip, gamma, bias?.
import { skipNormOp } from './shared/skip-norm.js';

export const skipSimplifiedLayerNormalization = skipNormOp('SkipSimplifiedLayerNormalization', {
  shift: -1,
  bias: 3,
  simplified: true,
});

// SkipLayerNormalization (com.microsoft): LayerNormalization of input + skip + bias. Inputs: input, skip, gamma, beta?, bias?.
import { skipNormOp } from './shared/skip-norm.js';

export const skipLayerNormalization = skipNormOp('SkipLayerNormalization', {
  shift: 3,
  bias: 4,
  simplified: false,
});

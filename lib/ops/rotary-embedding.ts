// RotaryEmbedding (opset 23 on). Inputs: X, cos_cache, sin_cache, position_ids?.
import { rotaryOp } from './shared/rotary-op.js';

export const rotaryEmbedding = rotaryOp({
  domain: '',
  since: 23,
  inputs: [3, 4],
  cos: 1,
  sin: 2,
  positions: 3,
  unsupported: {},
});

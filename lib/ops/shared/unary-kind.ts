// The functions of one number that native steps know by name.

/** Unary functions of float32 that steps can compute, alone or fused behind another step. */
export type UnaryKind =
  | 'none'
  | 'abs'
  | 'acos'
  | 'acosh'
  | 'asin'
  | 'asinh'
  | 'atan'
  | 'atanh'
  | 'binarize_approx' // x >= 0 ? 1 : -1, as all three: they differ in what stands for their derivative
  | 'binarize_clip' // alpha
  | 'binarize_swish' // alpha
  | 'ceil'
  | 'clip' // alpha = lower bound, beta = upper bound
  | 'cos'
  | 'cosh'
  | 'elu' // alpha
  | 'erf'
  | 'exp'
  | 'floor'
  | 'gelu' // exact, by erf
  | 'gelu_tanh'
  | 'hard_sigmoid' // max(0, min(1, alpha * x + beta))
  | 'hard_swish' // x * max(0, min(1, x / 6 + 0.5))
  | 'leaky_relu' // alpha
  | 'log'
  | 'mish'
  | 'neg'
  | 'reciprocal'
  | 'relu'
  | 'round' // half to even
  | 'selu' // alpha, beta = gamma
  | 'shrink' // alpha = lambd, beta = bias
  | 'sigmoid'
  | 'sign'
  | 'silu' // x * sigmoid(alpha * x), alpha = 1 for SiLU
  | 'sin'
  | 'sinh'
  | 'softplus'
  | 'softsign'
  | 'sqrt'
  | 'square'
  | 'tan'
  | 'tanh'
  | 'thresholded_relu'; // alpha

// FusedGemm (com.microsoft): Gemm, then an activation named by its ONNX operator.
import type { Node } from '../graph/graph.js';
import { gemm, gemmForm } from './gemm.js';
import { defineOp, floatAttr, notDifferentiable } from './op.js';
import { type Activation, microsoftActivationOf } from './shared/activation.js';
import type { FormOf } from './shared/float-product.js';
import { productOf } from './shared/product-op.js';

function activationOf(node: Node): Activation {
  const known = microsoftActivationOf(node);
  return {
    activation: known.activation,
    alpha: floatAttr(node, 'activation_alpha', known.alpha),
    beta: floatAttr(node, 'activation_beta', known.beta),
  };
}

const form: FormOf = (node) => ({ ...gemmForm(node), activation: activationOf(node) });

export const fusedGemm = defineOp({
  ...gemm,
  op: 'FusedGemm',
  domain: 'com.microsoft',
  since: 1,
  attributes: {
    ...gemm.attributes,
    activation: { type: 'string', default: '' },
    activation_alpha: { type: 'float', default: null },
    activation_beta: { type: 'float', default: null },
    activation_gamma: { type: 'float', default: null },
  },
  ...productOf(form),
  gradient: notDifferentiable('no rule has been written for it'),
});

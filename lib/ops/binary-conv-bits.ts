// BinaryConvBits (ai.kompakt): a convolution of bits by bits to bits. Inputs: x, w, threshold.

import { toBits } from './shared/one-bit-output.js';
import { convForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryConvBits = oneBitProduct('BinaryConvBits', convForm, toBits);

// BinaryConvQuantized (ai.kompakt): a convolution of bits by bits to 8 bits. Inputs: x, w, scale, bias, slope, shift, y_zero.

import { toByte } from './shared/one-bit-output.js';
import { convForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryConvQuantized = oneBitProduct('BinaryConvQuantized', convForm, toByte);

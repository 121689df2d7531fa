// BinaryConv (ai.kompakt): a convolution of bits by bits to float32. Inputs: x, w, scale, bias, slope, shift.

import { toFloat32 } from './shared/one-bit-output.js';
import { convForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryConv = oneBitProduct('BinaryConv', convForm, toFloat32);

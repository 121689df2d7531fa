// BinaryGemmQuantized (ai.kompakt): a fully connected layer of bits by bits to 8 bits. Inputs: x, w, scale, bias, slope, shift, y_zero.

import { toByte } from './shared/one-bit-output.js';
import { gemmForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryGemmQuantized = oneBitProduct('BinaryGemmQuantized', gemmForm, toByte);

// BinaryGemm (ai.kompakt): a fully connected layer of bits by bits to float32. Inputs: x, w, scale, bias, slope, shift.

import { toFloat32 } from './shared/one-bit-output.js';
import { gemmForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryGemm = oneBitProduct('BinaryGemm', gemmForm, toFloat32);

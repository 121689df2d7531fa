// BinaryGemmBits (ai.kompakt): a fully connected layer of bits by bits to bits. Inputs: x, w, threshold.

import { toBits } from './shared/one-bit-output.js';
import { gemmForm, oneBitProduct } from './shared/one-bit-product.js';

export const binaryGemmBits = oneBitProduct('BinaryGemmBits', gemmForm, toBits);

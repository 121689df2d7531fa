// Every strategy, one line each, in the order of their cost.
import { channels } from './channels.js';
import { fewBits } from './few-bits.js';
import { int8 } from './int8.js';
import { mixed } from './mixed.js';
import { oneBit } from './one-bit.js';
import { qat } from './qat.js';
import { sparsity } from './sparsity.js';
import type { Strategy } from './strategy.js';

export const strategies: readonly Strategy[] = [int8, mixed, fewBits, qat, channels, sparsity, oneBit];

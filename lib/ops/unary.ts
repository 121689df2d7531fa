// Unary (ai.kompakt): one elementwise function that a pass found in several nodes.
import { activationAttributes, activationOf } from './shared/activation.js';
import { defineFusedUnary } from './shared/fused-unary.js';

export const unary = defineFusedUnary('Unary', 'ai.kompakt', activationAttributes, activationOf);

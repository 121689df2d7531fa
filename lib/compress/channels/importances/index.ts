// Every importance, one line each.
import type { Importance } from '../importance.js';
import { batchNorm } from './batch-norm.js';
import { fpgm } from './fpgm.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import { random } from './random.js';
import { taylor } from './taylor.js';

export const importances: readonly Importance[] = [batchNorm, fpgm, l1, l2, random, taylor];

// Every importance, one line each.
import type { Importance } from '../importance.js';
import { l1 } from './l1.js';
import { l2 } from './l2.js';
import { random } from './random.js';

export const importances: readonly Importance[] = [l1, l2, random];

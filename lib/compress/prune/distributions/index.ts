// Every way to share zeros among layers, one line each.
import type { Distribution } from '../distribution.js';
import { erk } from './erk.js';
import { global } from './global.js';
import { lamp } from './lamp.js';
import { uniform } from './uniform.js';

export const distributions: readonly Distribution[] = [erk, global, lamp, uniform];

// Every method of binarisation, one line each.
import type { BinaryMethod } from '../method.js';
import { biReal } from './bi-real.js';
import { bnn } from './bnn.js';
import { bnnPlus } from './bnn-plus.js';
import { bopMethod } from './bop.js';
import { irNet } from './ir-net.js';
import { reactNet } from './reactnet.js';
import { twn } from './twn.js';
import { xnorNet } from './xnor-net.js';

export const binaryMethods: readonly BinaryMethod[] = [
  biReal,
  bnn,
  bnnPlus,
  bopMethod,
  irNet,
  reactNet,
  twn,
  xnorNet,
];

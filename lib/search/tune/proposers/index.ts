// Every way to propose trials, one line each.
import type { Proposer } from './proposer.js';
import { random } from './random.js';
import { tpe } from './tpe.js';

export const proposers: readonly Proposer[] = [tpe, random];

// Gauss error function.
import { numberTypes } from './shared/elements.js';
import { unaryOp } from './shared/elementwise.js';
import { erf as errorFunction } from './shared/error-function.js';

export const erf = unaryOp({
  op: 'Erf',
  since: 9,
  types: numberTypes,
  float: () => errorFunction,
  integer: () => (x) => BigInt(Math.trunc(errorFunction(Number(x)))),
  native: () => ({ op: 'erf' }),
});

// Logical negation.
import { tensor } from '../tensor/tensor.js';
import { staysFloat } from './op.js';
import { predicateOp } from './shared/elementwise.js';
import { readAsIs } from './shared/layout.js';

export const not = predicateOp({
  op: 'Not',
  since: 1,
  types: ['bool'],
  quantize: staysFloat('bool is not a quantised number'),
  test: () => (x) => x === 0,
  lower: (ctx) => {
    const { buffer, layout } = readAsIs(ctx, 0);
    const no = ctx.constant(tensor('bool', [], Uint8Array.of(0)));
    ctx.emit('compare', [buffer, no], [ctx.write(0, layout)], { op: 'equal' });
    return true;
  },
});

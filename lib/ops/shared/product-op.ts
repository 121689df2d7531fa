// What every product of float matrices has in common, given how its node is read.
import type { OpDef } from '../op.js';
import { costProduct, type FormOf, inferProduct, lowerProduct, referenceProduct } from './float-product.js';
import { productChannels } from './product-channels.js';
import { productRule } from './product-rule.js';

type Product = Pick<OpDef, 'infer' | 'reference' | 'cost' | 'quantize' | 'lower' | 'channels'>;

/** Spread into a definition. */
export const productOf = (form: FormOf): Product => ({
  infer: (ctx) => inferProduct(form, ctx),
  reference: (ctx) => referenceProduct(form, ctx),
  cost: (ctx) => costProduct(form, ctx),
  quantize: productRule(form),
  lower: (ctx) => lowerProduct(form, ctx),
  channels: productChannels(form),
});

// What lib/index.ts loads when one of its functions is called first: all that makes and measures models. One module, so that
// what it shares with sessions stays in few files when it is bundled.
export { bench } from './bench/bench.js';
export { benchFresh } from './bench/fresh.js';
export { quantize } from './compress/quantize-model.js';
export { distill } from './train/distill.js';
export { finetune } from './train/finetune.js';

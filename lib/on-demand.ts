// What lib/index.ts loads when one of its functions is called first: all that makes and measures models. One module, so that
// what it shares with sessions stays in few files when it is bundled.
export { bench } from './bench/bench.js';
export { benchFresh } from './bench/fresh.js';
export { binarize } from './compress/binarize-model.js';
export { distill } from './compress/distill.js';
export { finetune } from './compress/finetune.js';
export { prune } from './compress/prune-model.js';
export { quantize } from './compress/quantize-model.js';
export { explain } from './explain/explain.js';
export { explainPage } from './explain/page.js';
export { explainText } from './explain/text.js';
export { loadBaseline, saveBaseline } from './monitor/drift/baseline.js';
export { recordBaseline } from './monitor/drift/record.js';
export { monitor } from './monitor/monitor.js';
export { applyRecipe } from './search/compress/apply-recipe.js';
export { compressPage } from './search/compress/page.js';
export { loadRecipe } from './search/compress/recipe.js';
export { compress } from './search/compress.js';
export { tune } from './search/tune.js';
export { govern } from './serve/governor.js';
export { schedule } from './serve/scheduler.js';
export { serve } from './serve/serve.js';

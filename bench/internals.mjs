// What benches need beside the public interface, from lib/ as it stands: dist/ has only what users see.
import '../scripts/typescript.mjs';

export const { attr } = await import('../lib/graph/attribute.ts');
export const { GraphBuilder } = await import('../lib/graph/builder.ts');
export const { opOf } = await import('../lib/ops/index.ts');
export const { images } = await import('../lib/data/images.ts');
export const { runPasses, runPipeline } = await import('../lib/passes/pipeline.ts');
export const { widened } = await import('../lib/passes/quantized-value.ts');
export const { f32, i64, tensor, toNumbers } = await import('../lib/tensor/tensor.ts');

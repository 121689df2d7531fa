// What each pass is worth: a model with all passes beside the same model without one of them, in turn in one process.
// Usage: node bench/passes.mjs [--only PASS] [--json] [--seconds S]. One thread.
import { existsSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { InferenceSession, Model } from '../dist/index.js';
import { runPasses, runPipeline } from './internals.mjs';
import { print } from './print.mjs';
import { casesOf } from './rivals/suites.mjs';

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '1' },
  },
});
const wanted = [
  'FP32 PP-OCRv4 det',
  'FP32 PP-OCRv4 rec',
  'FP32 RFB-320',
  'FP32 YuNet',
  'FP32 ResNet-8',
  'FP32 DS-CNN',
  'FP32 openWakeWord embedding',
  'FP32 alexa',
  'INT8 ResNet-20 QDQ u8s8',
  'INT8 MobileNetV2',
];
const models = wanted.flatMap((name) => casesOf(name, false)).filter(({ file }) => existsSync(file));

/** A session of the graph without one pass and its step(), or null when the pass changes nothing. */
async function without(model, pass, shapes) {
  const stages = runPasses.filter((stage) => stage.pass.name !== pass);
  const graph = runPipeline(stages, model.graph);
  const session = InferenceSession.fromModel(model.withGraph(graph), {
    intraOpNumThreads: 1,
    graphOptimizationLevel: 'disabled',
  });
  const inputs = {};
  for (const { name, type, shape } of session.inputMetadata) {
    const dims = shapes[name] ?? shape.map((d) => (typeof d === 'number' ? d : 1));
    if (type !== 'float32') return null;
    inputs[name] = new Float32Array(dims.reduce((a, b) => a * b, 1)).fill(0.25);
    inputs[name] = { type, dims, data: inputs[name] };
  }
  return {
    nodes: graph.nodes.length,
    session,
    run: () => session.runSync(inputs),
    best: Number.POSITIVE_INFINITY,
  };
}

function race(contenders) {
  const end = performance.now() + Number(flags.seconds) * 1000;
  while (performance.now() < end)
    for (const contender of contenders) {
      const until = performance.now() + 20;
      do {
        const start = performance.now();
        contender.run();
        contender.best = Math.min(contender.best, performance.now() - start);
      } while (performance.now() < until);
    }
}

const rows = [];
for (const { suite, name, file, shapes } of models) {
  const model = await Model.load(file);
  for (const pass of new Set(runPasses.map((stage) => stage.pass.name))) {
    if (!pass.includes(flags.only)) continue;
    const contenders = [await without(model, '', shapes), await without(model, pass, shapes)];
    if (contenders.every((one) => one !== null) && contenders[0].nodes !== contenders[1].nodes) {
      race(contenders);
      const [all, fewer] = contenders;
      rows.push({
        pass,
        model: `${suite} ${name}`,
        with: all.best,
        without: fewer.best,
        nodes: all.nodes,
        more: fewer.nodes,
      });
    }
    for (const one of contenders) await one?.session.release();
  }
}
rows.sort((a, b) => (a.pass < b.pass ? -1 : a.pass > b.pass ? 1 : b.without / b.with - a.without / a.with));
print(
  rows,
  [
    ['pass', (r) => r.pass],
    ['model', (r) => r.model],
    ['nodes with', (r) => r.nodes, 0],
    ['without', (r) => r.more, 0],
    ['ms with', (r) => r.with, 3],
    ['without', (r) => r.without, 3],
    ['gain', (r) => r.without / r.with, 2],
  ],
  flags.json,
);
process.exit(0);

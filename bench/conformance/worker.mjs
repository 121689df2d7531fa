// Child process of conformance.mjs: runs the cases it is sent with one engine and answers with their verdicts.
// A verdict is { status: 'passed' | 'failed' | 'unsupported', reason, plain }.
import { createRequire } from 'node:module';
import { readCase, readDataSets } from './case-files.mjs';
import { difference, isRandom } from './compare.mjs';

const engineName = process.argv[2];
const engine =
  engineName === 'kompakt'
    ? await import('../../dist/index.js')
    : createRequire(import.meta.url)('onnxruntime-node');
const options = engineName === 'kompakt' ? {} : { logSeverityLevel: 4 };
const isUnsupported = (error) =>
  ['KPT_ONNX_UNSUPPORTED', 'KPT_ONNX_UNSUPPORTED_OP'].includes(error.code) ||
  /NOT_IMPLEMENTED|is not a registered function|not supported/i.test(error.message);

const toEngine = (value) => {
  if (value === null) return null;
  if (Array.isArray(value)) return value.map(toEngine);
  return new engine.Tensor(value.type, value.data, value.dims);
};

async function run(item) {
  const found = readCase(item);
  const verdict = (status, reason) => ({ status, reason, plain: found.plain });
  try {
    const session = await engine.InferenceSession.create(found.bytes, options);
    try {
      for (const { feeds, wanted } of readDataSets(item, found)) {
        const entries = Object.entries(feeds).map(([name, value]) => [name, toEngine(value)]);
        const results = await session.run(Object.fromEntries(entries));
        for (const [name, value] of Object.entries(wanted)) {
          const wrong = difference(results[name], value, isRandom(found.ops));
          if (wrong !== null) return verdict('failed', `output "${name}": ${wrong}`);
        }
      }
      return verdict('passed', '');
    } finally {
      await session.release();
    }
  } catch (error) {
    return verdict(
      isUnsupported(error) ? 'unsupported' : 'failed',
      `${error.code ?? ''} ${error.message}`.trim(),
    );
  }
}

process.on('message', async (item) => {
  process.send(await run(item));
});
process.send('ready');

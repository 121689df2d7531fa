// External data is read into the tensors themselves: a large model needs its weights once, not twice.
import { mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { InferenceSession } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { encodeModel } from '../../lib/onnx/schema.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

const side = 4096;
const bytes = side * side * 4;
const count = 3;

test('weights of external data are in memory once', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-external-'));
  try {
    writeFileSync(join(folder, 'weights'), '');
    // A hole in a file: nothing is written to the disk.
    truncateSync(join(folder, 'weights'), count * bytes);
    const external = (i: number) => [
      { key: 'location', value: 'weights' },
      { key: 'offset', value: String(i * bytes) },
      { key: 'length', value: String(bytes) },
    ];
    const names = Array.from({ length: count }, (_, i) => `w${i}`);
    const shape = { dim: [{ dimValue: 1 }, { dimValue: side }] };
    const info = (name: string) => ({ name, type: { tensorType: { elemType: 1, shape } } });
    const model = encodeModel({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 18 }],
      graph: {
        name: 'large',
        node: names.map((w, i) => ({
          opType: 'MatMul',
          input: [i === 0 ? 'x' : `v${i - 1}`, w],
          output: [`v${i}`],
        })),
        initializer: names.map((name, i) => ({
          name,
          dims: [side, side],
          dataType: 1,
          dataLocation: 1,
          externalData: external(i),
        })),
        input: [info('x')],
        output: [info(`v${count - 1}`)],
      },
    });
    writeFileSync(join(folder, 'model.onnx'), model);
    // What earlier tests left and is collected meanwhile would count against what is taken.
    collectGarbage();
    const before = process.memoryUsage().arrayBuffers;
    const loaded = await Model.load(join(folder, 'model.onnx'));
    const session = InferenceSession.fromModel(loaded);
    const taken = process.memoryUsage().arrayBuffers - before;
    // Asked for after measuring: until then the model may not be collected.
    expect(loaded.graph.constants.size).toBe(count);
    // It is more than one file.
    expect(loaded.fileBytes).toBe(null);
    // Memory that was collected before may be given back only now: less than all, but no second copy could hide in it.
    expect(taken / (count * bytes)).toBeGreaterThan(0.5);
    expect(taken / (count * bytes)).toBeLessThan(1.1);
    await session.release();
  } finally {
    rmSync(folder, { recursive: true });
  }
});

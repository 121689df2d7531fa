// Whole models, FP32 and INT8, give the same bytes on every tier of this CPU and with any number of threads.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { platform } from '../../lib/run/native.js';
import { dumpModels } from '../helpers/dump-models.js';
import { differences } from '../helpers/same-bits.js';

test(`same bits on ${platform().tiers.join(', ')}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-bits-'));
  try {
    const models = await dumpModels(folder);
    expect(models.length).toBeGreaterThanOrEqual(10);
    expect(differences(models)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 180_000);

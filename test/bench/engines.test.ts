import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadEngine } from '../../lib/bench/engines.js';

test('each engine says what it is', async () => {
  expect(await loadEngine('kompakt')).toMatchObject({
    name: 'kompakt',
    version: expect.stringMatching(/^\d+\./),
  });
  expect(await loadEngine('onnxruntime')).toMatchObject({
    name: 'onnxruntime',
    version: expect.stringMatching(/^1\./),
  });
});

test('an engine that is not installed is an error that names the package', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-empty-'));
  await expect(loadEngine('onnxruntime', [folder])).rejects.toMatchObject({
    code: 'KPT_PEER_MISSING',
    message: expect.stringContaining('onnxruntime-node'),
  });
  rmSync(folder, { recursive: true });
});

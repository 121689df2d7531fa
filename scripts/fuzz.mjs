// npm run fuzz -- [--seconds 60] [--seed N] [--target onnx,tflite,...] [--native]: changes small files at random and gives them
// to every reader of files (test/helpers/fuzz-targets.ts); models go as far as they get: load, optimise, plan, run. Whatever is
// not a KompaktError that blames the file is a finding: a crash, a hang, another exception. Findings are kept in
// test/fixtures/fuzz, where test/e2e/fuzz.test.ts replays them. With --native the C++ engine is fuzzed instead (libFuzzer,
// ASan, UBSan; needs clang).
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    target: { type: 'string', default: '' },
    native: { type: 'boolean', default: false },
    child: { type: 'boolean', default: false },
  },
});
const seconds = Number(values.seconds);
const root = fileURLToPath(new URL('..', import.meta.url));
const findings = join(root, 'test/fixtures/fuzz');
/** Milliseconds of processor time after which a case hangs; on a busy machine that may be minutes by the clock. */
const patience = 20_000;
/** By the clock, a case that waits for something hangs after this many times as long. */
const mostWaits = 30;
let targets;
const moreSeeds = new Map();

if (values.native) process.exitCode = await fuzzNative();
else if (values.child) await runCases(Number(values.seed));
else process.exitCode = await watch();

/** Names of the targets of this run, models three times as often as the rest. */
async function targetNames() {
  targets ??= (await import('../test/helpers/fuzz-targets.ts')).fuzzTargets;
  if (values.target !== '') return values.target.split(',');
  const names = Object.keys(targets);
  return [
    ...names,
    ...names.filter((name) => ['onnx', 'tflite'].includes(name)).flatMap((name) => [name, name]),
  ];
}

/** Case n, the same bytes on every machine with the same seeds. */
async function caseOf(n) {
  const { mutated } = await import('../test/helpers/fuzz-targets.ts');
  const { randomOf } = await import('../test/helpers/fuzz-random.ts');
  const random = randomOf(n);
  const names = await targetNames();
  const name = names[random(names.length)];
  const target = targets[name];
  if (!moreSeeds.has(name)) moreSeeds.set(name, target.more?.() ?? []);
  return { name, run: target.run, bytes: mutated(target, random, moreSeeds.get(name)) };
}

function save(n, { name, bytes }, what) {
  mkdirSync(findings, { recursive: true });
  writeFileSync(join(findings, `case-${n}.${name}`), bytes);
  console.log(`\nFINDING, kept as test/fixtures/fuzz/case-${n}.${name}: ${what}`);
}

/** Runs cases until time is up. Each is announced before it starts, so that the parent knows which one ended the process. */
async function runCases(first) {
  const end = Date.now() + seconds * 1000;
  const seen = new Set();
  const outcomes = {};
  for (let n = first; Date.now() < end; n++) {
    const one = await caseOf(n);
    writeSync(3, `${n}\n`);
    try {
      const outcome = `${one.name} ${await one.run(one.bytes)}`;
      outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
    } catch (error) {
      const [place] = /at .*/.exec(error.stack ?? '') ?? [''];
      // One file for every place that throws.
      if (seen.has(place)) continue;
      seen.add(place);
      save(n, one, error.stack);
      process.exitCode = 1;
    }
  }
  console.log(JSON.stringify(outcomes, Object.keys(outcomes).sort()));
}

/** Milliseconds of processor time that a process has used; undefined where the system does not tell. */
function processorTime(pid) {
  try {
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ').at(-1).split(' ');
    return 10 * (Number(fields[11]) + Number(fields[12]));
  } catch {
    return undefined;
  }
}

/** Ends a child that works on one case for too long; returns what to call when a case begins. */
function guard(child) {
  let timer;
  const begin = () => {
    let start;
    let waits = 0;
    const look = () => {
      const used = processorTime(child.pid);
      start ??= used;
      if (used === undefined || used - start >= patience || ++waits > mostWaits) child.kill('SIGKILL');
      else timer = setTimeout(look, patience);
    };
    clearTimeout(timer);
    timer = setTimeout(look, patience);
  };
  child.on('close', () => clearTimeout(timer));
  begin();
  return begin;
}

/** Runs children until time is up; one that crashes or hangs is a finding. */
async function watch() {
  const end = Date.now() + seconds * 1000;
  let next = Number(values.seed);
  const first = next;
  let failed = 0;
  console.log(`seed ${first}`);
  while (Date.now() < end) {
    const left = String(Math.ceil((end - Date.now()) / 1000));
    const args = ['--max-old-space-size=2048', '--import', new URL('typescript.mjs', import.meta.url).href];
    args.push(
      fileURLToPath(import.meta.url),
      '--child',
      '--seconds',
      left,
      '--seed',
      String(next),
      '--target',
      values.target,
    );
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'inherit', 'pipe', 'pipe'] });
    let current = next;
    let stderr = '';
    const begin = guard(child);
    child.stderr.on('data', (text) => {
      stderr = (stderr + text).slice(-4000);
    });
    child.stdio[3].on('data', (text) => {
      current = Number(String(text).trimEnd().split('\n').at(-1));
      begin();
    });
    const [code, signal] = await new Promise((resolve) => child.on('close', (...how) => resolve(how)));
    if (code !== 0) failed++;
    if (code !== 0 && code !== 1) {
      const what =
        signal === 'SIGKILL' ? 'it hangs or takes all memory' : `the process ended (${signal ?? code})`;
      await saveInChild(current, `${what}\n${stderr}`);
    } else if (code === 1 && stderr !== '') throw new Error(stderr);
    next = current + 1;
  }
  console.log(`${next - first} cases, ${failed === 0 ? 'no finding' : 'findings'}`);
  return failed === 0 ? 0 : 1;
}

async function saveInChild(n, what) {
  const { register } = await import('node:module');
  register(new URL('typescript.mjs', import.meta.url).href);
  save(n, await caseOf(n), what);
}

async function fuzzNative() {
  const { buildTests, requireTools, run } = await import('./cmake-tests.mjs');
  requireTools({ cmake: 'cmake', ninja: 'ninja-build', 'clang++-19': 'clang-19 libclang-rt-19-dev' });
  const corpus = join(root, 'build/fuzz-corpus');
  mkdirSync(corpus, { recursive: true });
  // The native tests give the seeds: every step that they run.
  const tests = buildTests('native-tests');
  spawnSync(join(root, tests, 'test/native/kompakt_tests'), {
    env: { ...process.env, KOMPAKT_SEEDS: corpus },
  });
  const fuzz = join('build', 'fuzz');
  const options = ['-DKOMPAKT_ADDON=OFF', '-DKOMPAKT_FUZZ=ON', '-DCMAKE_CXX_COMPILER=clang++-19'];
  run('cmake', ['-S', '.', '-B', fuzz, '-G', 'Ninja', ...options]);
  run('cmake', ['--build', fuzz]);
  const limits = [
    `-seed=${values.seed}`,
    '-timeout=20',
    '-rss_limit_mb=2048',
    '-max_len=8192',
    // A line per new input would bury the finding.
    '-verbosity=0',
    `-max_total_time=${seconds}`,
  ];
  run(
    join(fuzz, 'plan_fuzzer'),
    [...limits, `-artifact_prefix=${findings}/plan-`, '-print_final_stats=1', corpus],
    {
      ASAN_OPTIONS: 'allocator_may_return_null=1:max_allocation_size_mb=128',
    },
  );
  return 0;
}

// Runs dumped plans in processes of their own, one for each tier and number of threads, and compares what they compute.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { platform } from '../../lib/run/native.js';
import type { DumpedModel } from './dump-models.js';

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const built = at('../../build/Release/kompakt.node');

interface PlanRun {
  readonly tier: string;
  readonly hashes: readonly string[];
}

function runPlans(addon: string, paths: readonly string[], tier: string, threads: number): PlanRun {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [at('run-plan.cjs'), addon, String(threads), ...paths],
    { encoding: 'utf8', env: { ...process.env, KOMPAKT_FORCE_TIER: tier } },
  );
  if (status !== 0) throw new Error(`Tier ${tier} with ${threads} threads failed:\n${stderr}`);
  return JSON.parse(stdout) as PlanRun;
}

export interface Difference {
  readonly model: string;
  /** Hash by "tier, threads". */
  readonly hashes: Readonly<Record<string, string>>;
}

/** Every model on every tier that this CPU has, with one thread and with two: those whose hashes are not all equal. */
export function differences(models: readonly DumpedModel[], addon = built): readonly Difference[] {
  const paths = models.map(({ path }) => path);
  const runs = platform().tiers.flatMap((tier) =>
    [1, 2].map((threads) => {
      const run = runPlans(addon, paths, tier, threads);
      if (run.tier !== tier) throw new Error(`Tier ${tier} was asked for but ${run.tier} ran.`);
      return { label: `${tier}, ${threads}`, hashes: run.hashes };
    }),
  );
  return models
    .map(({ name }, i) => ({
      model: name,
      hashes: Object.fromEntries(runs.map(({ label, hashes }) => [label, hashes[i]!])),
    }))
    .filter(({ hashes }) => new Set(Object.values(hashes)).size > 1);
}

// A plan with what it takes to run it.
import type { Graph } from '../graph/graph.js';
import { checkMemory } from '../tensor/limits.js';
import type { NativePlan } from './native.js';
import type { Pace } from './pace.js';
import type { Plan } from './plan.js';
import type { GraphRunner } from './runner.js';

/** A plan with its native memory. */
export interface ReadyPlan {
  readonly plan: Plan;
  readonly key: string;
  readonly native: NativePlan;
  /** Runs what comes after the plan's cut. */
  readonly rest: GraphRunner | undefined;
  /** Runners of graphs inside nodes, as they come to run. */
  readonly bodies: Map<Graph, GraphRunner>;
  /** How long its native stretches take. */
  readonly pace: Pace;
}

export function releasePlan(ready: ReadyPlan): void {
  ready.native.release();
  ready.rest?.release();
  for (const runner of ready.bodies.values()) runner.release();
}

/** Throws KPT_TOO_LARGE when a plan needs more memory than may be taken now. */
export const checkPlanMemory = ({ arenaBytes }: Pick<Plan, 'arenaBytes'>): void =>
  checkMemory(arenaBytes, () => 'The memory of a plan for these input shapes');

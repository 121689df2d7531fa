// Profiler: time per operator, summed over the steps that the engine timed.
import type { GraphRunner } from '../run/runner.js';
import { opKey } from '../graph/graph.js';

export interface OperatorTime {
  readonly name: string;
  readonly op: string;
  /** Step kinds of the operator. */
  readonly steps: readonly string[];
  readonly nanoseconds: number;
}

export class Profiler {
  constructor(private readonly runner: GraphRunner) {}

  start(): void {
    this.runner.profile(true);
  }

  /** Operators with native steps, in execution order; several plans (input shapes) are added up by node name. */
  stop(): readonly OperatorTime[] {
    const times = new Map<string, { op: string; steps: Set<string>; nanoseconds: number }>();
    for (const { plan, native } of this.runner.readyPlans()) {
      native.profile().forEach((nanoseconds, step) => {
        const { node } = plan.nodes[plan.stepNodes[step]!] ?? { node: undefined };
        const name = node?.name ?? 'outputs';
        const entry = times.get(name) ?? { op: node ? opKey(node) : '', steps: new Set(), nanoseconds: 0 };
        entry.nanoseconds += nanoseconds;
        entry.steps.add(plan.stepKinds[step]!);
        times.set(name, entry);
      });
    }
    this.runner.profile(false);
    return [...times].map(([name, { op, steps, nanoseconds }]) => ({ name, op, steps: [...steps], nanoseconds }));
  }
}

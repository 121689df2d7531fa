// Profiler: time per operator, summed over the steps that the engine timed and the nodes that ran by their reference.
import { opKey } from '../graph/graph.js';
import type { GraphRunner } from '../run/runner.js';

export interface OperatorTime {
  readonly name: string;
  readonly op: string;
  /** False when the operator ran by its reference. */
  readonly native: boolean;
  /** Step kinds of the operator. */
  readonly steps: readonly string[];
  /** Sum over all runs. */
  readonly nanoseconds: number;
  readonly runs: number;
}

export class Profiler {
  constructor(private readonly runner: GraphRunner) {}

  start(): void {
    this.runner.profile(true);
  }

  /** In execution order; several plans (input shapes) are added up by node name. */
  stop(): readonly OperatorTime[] {
    const { runs, host } = this.runner.hostTiming();
    const times = new Map<string, OperatorTime>();
    const add = (name: string, op: string, step: string | null, nanoseconds: number): void => {
      const known = times.get(name);
      const steps = known?.steps ?? [];
      times.set(name, {
        name,
        op,
        native: step !== null,
        steps: step === null || steps.includes(step) ? steps : [...steps, step],
        nanoseconds: nanoseconds + (known?.nanoseconds ?? 0),
        runs,
      });
    };
    for (const { plan, native } of this.runner.readyPlans())
      native.profile().forEach((nanoseconds, i) => {
        const { name, op } = plan.owners[plan.stepNodes[i]!] ?? { name: 'outputs', op: '' };
        add(name, op, plan.stepKinds[i]!, nanoseconds);
      });
    for (const [node, nanoseconds] of host) add(node.name, opKey(node), null, nanoseconds);
    this.runner.profile(false);
    return [...times.values()];
  }
}

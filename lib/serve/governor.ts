// Several variants of one model behind the calls of a session, best accuracy first: which one answers depends on how fast it is now.
import type { InferenceSession as Ort } from 'onnxruntime-common';
import { z } from 'zod';
import { KompaktError, requireArgument } from '../errors.js';
import type { Clock } from '../monitor/meter.js';
import { tell } from '../monitor/tell.js';
import { parseOptions } from '../session/parse-options.js';
import { requireSession } from '../session/require-session.js';
import { GovernorPolicy, governorShape, type Pressure, type SwitchReason } from './governor-policy.js';
import type { Runnable } from './runnable.js';
import { checkSameInterface } from './same-interface.js';

export interface Variant {
  readonly name: string;
  readonly session: Runnable;
  /** Milliseconds of a run on this device, as measured while warming up; null or absent when it was not. */
  readonly warmUpMs?: number | null | undefined;
}

export interface GovernorSwitch {
  readonly from: string;
  readonly to: string;
  readonly reason: SwitchReason;
}

const isFunction = (value: unknown): boolean => typeof value === 'function';
const options = z.strictObject({
  ...governorShape,
  /** What else presses: requests that wait, those that were missed so far, a throttled device. */
  pressure: z.custom<() => Pressure>(isFunction, 'expected a function').optional(),
  onSwitch: z.custom<(change: GovernorSwitch) => void>(isFunction, 'expected a function').optional(),
  clock: z.custom<Clock>(isFunction, 'expected a function').optional(),
});

const measured = z.object({ name: z.string(), warmUpMs: z.number().min(0).nullish() });

export type GovernorOptions = z.input<typeof options>;

export interface GovernorSnapshot {
  /** The variant that answers. */
  readonly current: string;
  readonly switches: number;
  readonly variants: readonly {
    readonly name: string;
    readonly runs: number;
    /** Milliseconds that a run takes, as last seen; null while nothing is known. */
    readonly expectedMs: number | null;
  }[];
}

const calm: Pressure = { waiting: 0, missed: 0, throttled: false };

export class Governor implements Runnable {
  readonly inputMetadata: readonly Ort.ValueMetadata[];
  readonly outputMetadata: readonly Ort.ValueMetadata[];
  readonly #variants: readonly Variant[];
  readonly #settings: z.output<typeof options>;
  readonly #clock: Clock;
  readonly #policy: GovernorPolicy;
  readonly #runs: number[];
  #switches = 0;

  constructor(variants: readonly Variant[], given: GovernorOptions) {
    this.#settings = parseOptions(options, given, 'govern');
    requireArgument(Array.isArray(variants), 'a list of variants', 'govern', variants);
    for (const variant of variants) requireSession(variant?.session, 'a variant of govern');
    const [best, ...others] = variants;
    if (best === undefined) throw new KompaktError('KPT_OPTION_INVALID', 'govern needs a variant at least.');
    for (const { name, session } of others) checkSameInterface(best.session, session, `Variant '${name}'`);
    this.#variants = variants;
    this.#clock = this.#settings.clock ?? (() => performance.now());
    this.#runs = variants.map(() => 0);
    const expected = variants.map(
      (variant, i) => parseOptions(measured, variant, `variant ${i + 1} of govern`).warmUpMs ?? null,
    );
    this.#policy = new GovernorPolicy(expected, this.#settings, this.#clock());
    this.inputMetadata = best.session.inputMetadata;
    this.outputMetadata = best.session.outputMetadata;
  }

  /** Runs on the variant in service at this moment: a switch meanwhile concerns later requests only. */
  async run(feeds: Ort.FeedsType, runOptions?: { readonly signal?: AbortSignal }): Promise<Ort.ReturnType> {
    const began = this.#clock();
    const index = this.#choose(began);
    this.#runs[index]!++;
    const outputs = await this.#variants[index]!.session.run(feeds, runOptions);
    const end = this.#clock();
    this.#policy.ran(index, end - began, end);
    return outputs;
  }

  get parts(): readonly Runnable[] {
    return this.#variants.map(({ session }) => session);
  }

  snapshot(): GovernorSnapshot {
    return {
      current: this.#variants[this.#policy.current]!.name,
      switches: this.#switches,
      variants: this.#variants.map(({ name }, i) => ({
        name,
        runs: this.#runs[i]!,
        expectedMs: this.#policy.expectedMs(i),
      })),
    };
  }

  #choose(now: number): number {
    const before = this.#policy.current;
    const reason = this.#policy.decide(this.#settings.pressure ?? (() => calm), now);
    const after = this.#policy.current;
    if (reason !== null) {
      this.#switches++;
      const [from, to] = [this.#variants[before]!.name, this.#variants[after]!.name];
      const { onSwitch } = this.#settings;
      if (onSwitch !== undefined) tell('onSwitch', () => onSwitch({ from, to, reason }));
    }
    return after;
  }
}

/** One session of several variants of a model, best accuracy first, all with the same inputs and outputs: a faster one takes over
 *  when runs are too slow, requests pile up or the device throttles, and a better one when there is room again. Throws
 *  KPT_MODEL_DIFFERENT, KPT_OPTION_INVALID. */
export const govern = (variants: readonly Variant[], given: GovernorOptions): Governor =>
  new Governor(variants, given);

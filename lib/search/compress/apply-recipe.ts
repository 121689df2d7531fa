// Carries out a recipe, step by step. What a recipe has in common with an earlier one is not made again.
import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { binarize } from '../../compress/binarize-model.js';
import { distill } from '../../compress/distill.js';
import { drawn } from '../../compress/drawn.js';
import { finetune } from '../../compress/finetune.js';
import type { CompressedModel } from '../../compress/prepare-for.js';
import { prune } from '../../compress/prune-model.js';
import { type QatOptions, qatOptions } from '../../compress/qat/options.js';
import { quantize } from '../../compress/quantize-model.js';
import type { Model } from '../../model/model.js';
import { requireRepeatable } from '../../session/samples.js';
import type { TrainingEvent } from '../../train/events.js';
import { type Lessons, partOf } from './learning-data.js';
import { parseRecipe, type Recipe, type RecipeOptions, type Step } from './recipe.js';

export interface ApplyOptions {
  /** Samples to calibrate on and to learn from; those that the recipe holds out are left out. It is read several times. */
  readonly data: Lessons;
  /** Threads of training; 0 or absent: the usable CPUs. The result does not depend on it. */
  readonly threads?: number;
  readonly onEvent?: (event: TrainingEvent) => void;
  readonly signal?: AbortSignal;
}

/** What a recipe makes of a model: the same bytes for the same model, samples and recipe. Throws KPT_OPTION_INVALID, and what its
 *  methods throw. */
export async function applyRecipe(
  model: Model,
  recipe: RecipeOptions,
  options: ApplyOptions,
): Promise<Model> {
  requireRepeatable(options.data, 'data', 'applyRecipe');
  return (await new Kitchen(model, options).make(parseRecipe(recipe))).model;
}

interface KitchenOptions extends ApplyOptions {
  /** Folder for checkpoints of training: what was cut off goes on there. */
  readonly checkpoints?: string;
}

/** Models in memory that later recipes may begin with. */
const mostKept = 4;

/** What a recipe made, and what its training has to say of it. */
export interface Made {
  readonly model: Model;
  readonly notes: readonly string[];
}

/** Makes recipes for one model. */
export class Kitchen {
  /** By what was done, latest last. */
  readonly #made = new Map<string, Made>();

  constructor(
    private readonly original: Model,
    private readonly options: KitchenOptions,
  ) {}

  async make({ steps, heldOut }: Recipe, signal = this.options.signal): Promise<Made> {
    const { data } = this.options;
    const learnt = heldOut === null ? data : partOf(data, heldOut, 'learnt');
    let made: Made = { model: this.original, notes: [] };
    for (let i = 0; i < steps.length; i++) {
      const done = keyOf({ steps: steps.slice(0, i + 1), heldOut });
      const known = this.#made.get(done);
      made = known ?? (await this.#apply(made, steps[i]!, learnt, done, signal));
      this.#keep(done, made);
    }
    return made;
  }

  async #apply(before: Made, step: Step, data: Lessons, key: string, signal?: AbortSignal): Promise<Made> {
    const { threads = 0, onEvent, checkpoints } = this.options;
    const run = { ...(signal && { signal }) };
    const path = checkpoints === undefined ? undefined : join(checkpoints, `${key}.checkpoint`);
    const training = {
      ...run,
      data,
      threads,
      ...(onEvent && { onEvent }),
      ...(path !== undefined && { checkpoint: { path, resume: true } }),
    };
    const { model, notes } = await this.#done(before.model, step, data, run, training);
    // Binarisation leaves a checkpoint a stage.
    if (path !== undefined)
      for (const ending of ['', '.activations']) await rm(`${path}${ending}`, { force: true });
    return { model, notes: [...before.notes, ...notes] };
  }

  async #done(
    model: Model,
    step: Step,
    data: Lessons,
    run: { readonly signal?: AbortSignal },
    training: { readonly data: Lessons; readonly threads: number },
  ): Promise<Made> {
    const { method, ...options } = step;
    const { original } = this;
    switch (method) {
      case 'quantize': {
        const own = options as Options<'quantize'>;
        const { model: made } = await quantize(model, { ...own, ...run, data: drawn(data, own.samples) });
        return { model: made, notes: [] };
      }
      case 'prune': {
        const { model: made } = await prune(model, { ...(options as Options<'prune'>), ...run, data });
        return { model: made, notes: [] };
      }
      case 'finetune':
        return notedOf(
          await finetune(model, { ...withoutDefaults(options as Options<'finetune'>), ...training }),
        );
      case 'distill':
        return notedOf(
          await distill(model, {
            ...withoutDefaults(options as Options<'distill'>),
            ...training,
            teacher: original,
          }),
        );
      case 'binarize': {
        const own = options as Options<'binarize'>;
        const taught = own.teach === false ? {} : { teacher: original };
        const { model: made } = await binarize(model, { ...own, ...training, ...taught });
        return { model: made, notes: [] };
      }
    }
  }

  #keep(key: string, made: Made): void {
    this.#made.delete(key);
    this.#made.set(key, made);
    if (this.#made.size > mostKept) this.#made.delete(this.#made.keys().next().value!);
  }
}

const notedOf = ({ model, report }: CompressedModel): Made => ({ model, notes: report.notes });

type Options<M extends Step['method']> = Omit<Extract<Step, { readonly method: M }>, 'method'>;

/** Recipes have defaults written out. To a model that is quantised already they say nothing: it keeps its bits, and takes no option that
 *  speaks of them. */
function withoutDefaults<T extends { readonly quantize?: QatOptions | undefined }>(step: T): T {
  if (step.quantize === undefined) return step;
  const usual: Readonly<Record<string, unknown>> = qatOptions.parse({});
  const given = Object.entries(step.quantize).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(usual[name]),
  );
  return { ...step, quantize: Object.fromEntries(given) };
}

/** Tells recipes apart. */
export const keyOf = (recipe: Recipe): string =>
  createHash('sha256').update(JSON.stringify(recipe)).digest('hex').slice(0, 16);

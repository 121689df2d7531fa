// Recipes: what is done to a model, as data. The same recipe, model and samples give the same bytes.
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { binarizeOptions } from '../../compress/binarize/options.js';
import { prunedTrainingOptions } from '../../compress/prune/options.js';
import { pruneOptions } from '../../compress/prune-model.js';
import { qatOptions } from '../../compress/qat/options.js';
import { quantizeShape } from '../../compress/quantize/options.js';
import { expected, KompaktError, systemReason } from '../../errors.js';
import { parseOptions } from '../../session/parse-options.js';
import { distillOptions } from '../../train/distill.js';
import { finetuneOptions } from '../../train/finetune.js';

/** Options of a run that do not decide its result: where files go, how much hardware helps. */
const ofTheRun = { checkpoint: true, log: true, curves: true, threads: true } as const;

/** What training may do to a model besides. */
const compressed = { quantize: qatOptions.optional(), prune: prunedTrainingOptions.optional() };

/** One method with its options. Those that are left out have the defaults of the method. */
const stepOptions = z.discriminatedUnion('method', [
  z.strictObject({ method: z.literal('quantize'), ...quantizeShape }),
  pruneOptions.safeExtend({ method: z.literal('prune') }),
  finetuneOptions.omit(ofTheRun).extend({ method: z.literal('finetune'), ...compressed }),
  /** The teacher is the model that the recipe began with. */
  distillOptions.omit(ofTheRun).extend({ method: z.literal('distill'), ...compressed }),
  /** As for distill; `teach` says how much. */
  binarizeOptions.omit(ofTheRun).extend({ method: z.literal('binarize') }),
]);

/** A step as it is written by hand. */
export type StepOptions = z.input<typeof stepOptions>;
export type Step = z.output<typeof stepOptions>;

/** Samples that are never learnt from: of a set that also serves to judge. */
const heldOutOptions = z.strictObject({
  share: z.number().gt(0).lt(1),
  seed: z.int().min(0),
});

export type HeldOut = z.output<typeof heldOutOptions>;

const recipeOptions = z.strictObject({
  /** In order; none leaves the model as it is. */
  steps: z.array(stepOptions),
  /** Of the samples given, those that the steps do not see; null: they see all. */
  heldOut: heldOutOptions.nullable().default(null),
});

export type Recipe = z.output<typeof recipeOptions>;

/** What a recipe that was searched for has made: whether a replay gives the same is seen from it. */
const madeOptions = z.strictObject({
  /** Of the model and samples that it began with. */
  model: z.string(),
  data: z.string(),
  /** SHA-256 of the file. */
  sha256: z.string(),
});

const recipeFileOptions = recipeOptions.extend({ made: madeOptions.optional() });

export type RecipeFile = z.output<typeof recipeFileOptions>;

/** A recipe as it is written by hand, or as a search has left it. */
export type RecipeOptions = z.input<typeof recipeFileOptions>;

/** Checked and completed with defaults, without what it has made before. Throws KPT_OPTION_INVALID. */
export function parseRecipe(given: unknown): Recipe {
  const { made: _, ...recipe } = parseOptions(recipeFileOptions, given, 'the recipe');
  return recipe;
}

/** Reads a recipe. Throws KPT_FILE_NOT_FOUND, KPT_OPTION_INVALID. */
export async function loadRecipe(path: string): Promise<RecipeFile> {
  const text = await readFile(path, 'utf8').catch((error) => {
    throw new KompaktError(
      'KPT_FILE_NOT_FOUND',
      `The recipe '${path}' cannot be read${systemReason(error)}.`,
      { path },
      error,
    );
  });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected('JSON', `the recipe '${path}'`, text),
      { path },
      error,
    );
  }
  return parseOptions(recipeFileOptions, value, `the recipe '${path}'`);
}

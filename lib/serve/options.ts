// Options of serve().
import { z } from 'zod';
import { type DriftAlarm, driftOptions } from '../monitor/drift/sentinel.js';
import type { GovernorSwitch } from './governor.js';
import { governorShape } from './governor-policy.js';
import { schedulerShape } from './scheduler-options.js';

const isFunction = (value: unknown): boolean => typeof value === 'function';
const { targetMs, ...governorTuning } = governorShape;

const shapes = z.record(z.string(), z.array(z.int().min(0)));

const modelOptions = z.strictObject({
  /** The file that is served; read again by a reload. */
  file: z.string().min(1),
  /** The name in paths and metrics; the file's without folder and ending unless told otherwise. */
  name: z
    .string()
    .regex(/^[\w.-]+$/, 'expected letters, digits, ".", "_" and "-"')
    .optional(),
  /** Other files of the model, each faster and less accurate than the one before; a governor chooses (option targetMs). */
  variants: z.array(z.string().min(1)).default([]),
  /** A file of `kompakt baseline`: drift is judged against it. */
  baseline: z.string().min(1).optional(),
  /** As the server's, for this model. */
  shapes: shapes.optional(),
});

export const serveOptions = z.strictObject({
  models: z.array(z.union([z.string().min(1), modelOptions])).min(1),
  host: z.string().min(1).default('127.0.0.1'),
  /** 0: any that is free. */
  port: z.int().min(0).max(65535).default(8080),
  /** Threads that one run uses. */
  threads: z.int().min(0).max(256).default(1),
  /** A folder for plans and packed weights: the next start is faster. */
  planCache: z.string().min(1).optional(),
  /** Sizes of free dimensions for the warm-up, by input, of whatever model has one of that name. */
  shapes: shapes.default({}),
  ...schedulerShape,
  /** Bytes that a request may have. */
  bodyLimit: z
    .int()
    .min(1)
    .default(32 * 2 ** 20),
  /** Inference requests that are read, queued and computed at once; more are refused before their body is read. */
  maxRequests: z.int().min(1).default(1000),
  /** Milliseconds within which a request must have arrived as a whole and, later, its answer have been taken; 0: any time. */
  requestTimeoutMs: z.int().min(0).default(30_000),
  /** Milliseconds that close() waits for requests under way before it cuts their connections. */
  shutdownMs: z.int().min(0).default(10_000),
  /** Milliseconds that 95 of 100 runs shall take at most: the governor of a model with variants keeps it. */
  targetMs: targetMs.optional(),
  governor: z.strictObject(governorTuning).partial().default({}),
  drift: driftOptions.prefault({}),
  /** Called when drift begins and when it has ended. */
  onAlarm: z
    .custom<(alarm: DriftAlarm & { readonly model: string }) => void>(isFunction, 'expected a function')
    .optional(),
  /** Called when another variant takes over. */
  onSwitch: z
    .custom<(change: GovernorSwitch & { readonly model: string }) => void>(isFunction, 'expected a function')
    .optional(),
  /** Length of the sliding window of the percentiles. */
  windowMs: z.number().positive().default(300_000),
});

export type ServeOptions = z.input<typeof serveOptions>;
export type CompleteServeOptions = z.output<typeof serveOptions>;

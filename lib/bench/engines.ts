// The engines that can be measured: kompakt, and onnxruntime-node where it is installed. The only file of this folder
// that knows either.
import type * as OrtCommon from 'onnxruntime-common';
import { packageVersion } from '../run/native.js';
import { loadPeer } from '../run/peers.js';
import { cachePlace } from '../session/cache-place.js';
import type * as Kompakt from '../session/session.js';
import type { Engine, EngineName, EngineSession } from './engine.js';

/** Loads an engine; onnxruntime-node is looked for in `folders`. Throws KPT_PEER_MISSING when onnxruntime-node is asked for and not installed. */
export const loadEngine = async (name: EngineName, folders?: readonly string[]): Promise<Engine> =>
  name === 'kompakt' ? kompaktEngine() : onnxruntimeEngine(folders);

/** Loaded when it is asked for, as the other engine is: so that both are measured alike, and neither burdens the other. */
async function kompaktEngine(): Promise<Engine> {
  const { InferenceSession } = await import('../session/session.js');
  return {
    name: 'kompakt',
    version: packageVersion(),
    create: (model, threads, planCache) =>
      createKompakt(InferenceSession, model, {
        intraOpNumThreads: threads,
        // How long it takes to make a session is asked of one that is made, unless somebody asked for a cache.
        planCache: cachePlace(planCache, false)?.path ?? false,
      }),
  };
}

async function createKompakt(
  { create }: typeof Kompakt.InferenceSession,
  model: string | Uint8Array,
  options: Kompakt.InferenceSession.SessionOptions,
): Promise<EngineSession> {
  const session = typeof model === 'string' ? await create(model, options) : await create(model, options);
  return {
    inputs: tensorInputs(session.inputMetadata),
    run: async (feeds) => void (await session.run(feeds)),
    memory: () => session.memory(),
    async operators(feeds, runs) {
      session.startProfiling();
      for (let i = 0; i < runs; i++) await session.run(feeds);
      return session.endProfiling().map(({ name, op, native, nanoseconds, runs: counted }) => ({
        name,
        op,
        native,
        milliseconds: nanoseconds / 1e6 / Math.max(1, counted),
      }));
    },
    release: () => session.release(),
  };
}

type OrtModule = Pick<typeof OrtCommon, 'InferenceSession'>;

function onnxruntimeEngine(folders: readonly string[] | undefined): Engine {
  const why = 'onnxruntime-node is not installed, so there is nothing to measure against.';
  const { module, require } = loadPeer('onnxruntime-node', why, folders);
  const { version } = require('onnxruntime-node/package.json') as { version: string };
  return {
    name: 'onnxruntime',
    version,
    create: (model, threads) => createOrt(module as OrtModule, model, threads),
  };
}

/** onnxruntime at its fastest settings for repeated runs of one model on the CPU. */
async function createOrt(
  ort: OrtModule,
  model: string | Uint8Array,
  threads: number,
): Promise<EngineSession> {
  const options: OrtCommon.InferenceSession.SessionOptions = {
    executionProviders: ['cpu'],
    graphOptimizationLevel: 'all',
    executionMode: 'sequential',
    enableCpuMemArena: true,
    enableMemPattern: true,
    intraOpNumThreads: threads,
    interOpNumThreads: 1,
    logSeverityLevel: 3,
  };
  const session =
    typeof model === 'string'
      ? await ort.InferenceSession.create(model, options)
      : await ort.InferenceSession.create(model, options);
  return {
    // It has the empty shape of scalars for what has none.
    inputs: tensorInputs(session.inputMetadata).map((input) =>
      input.shape.length === 0 ? { ...input, undeclared: 'perhaps' } : input,
    ),
    run: async (feeds) => void (await session.run(feeds)),
    memory: () => null,
    operators: async () => null,
    release: () => session.release(),
  };
}

const tensorInputs = (metadata: readonly Kompakt.InferenceSession.ValueMetadata[]): EngineSession['inputs'] =>
  metadata.flatMap((input) => {
    if (!input.isTensor) return [];
    const { name, type, shape, undeclared } = input;
    return [{ name, type, shape, ...(undeclared && { undeclared }) }];
  });

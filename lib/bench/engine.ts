// What the benchmark asks of an engine: create, run, release, and figures where the engine has them.
import type { Tensor } from 'onnxruntime-common';

export type EngineName = 'kompakt' | 'onnxruntime';

export type Feeds = Readonly<Record<string, Tensor>>;

export interface InputInfo {
  readonly name: string;
  readonly type: string;
  /** Symbols for dimensions that the caller chooses. */
  readonly shape: readonly (number | string)[];
  /** Set where the model tells no shape (`shape` is empty then): any fits. 'perhaps': the engine does not tell such an input from
   *  a scalar. */
  readonly undeclared?: true | 'perhaps';
}

export interface OperatorTime {
  readonly name: string;
  readonly op: string;
  readonly native: boolean;
  /** Of one run. */
  readonly milliseconds: number;
}

export interface EngineMemory {
  readonly arenaBytes: number;
  readonly weightBytes: number;
}

export interface EngineSession {
  readonly inputs: readonly InputInfo[];
  run(feeds: Feeds): Promise<void>;
  /** null when the engine does not say. */
  memory(): EngineMemory | null;
  /** Times of each operator over some runs; null when the engine does not say. */
  operators(feeds: Feeds, runs: number): Promise<readonly OperatorTime[] | null>;
  release(): Promise<void>;
}

export interface Engine {
  readonly name: EngineName;
  readonly version: string;
  create(model: string | Uint8Array, threads: number, planCache?: string): Promise<EngineSession>;
}

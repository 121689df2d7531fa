// Small models behind a server on a free port, and requests to it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Tensor } from 'onnxruntime-common';
import type { Model } from '../../lib/model/model.js';
import type { ServeOptions } from '../../lib/serve/options.js';
import { type Server, serve } from '../../lib/serve/serve.js';
import { buildNetwork } from '../../lib/train/networks/index.js';
import { mnistDigits } from './mnist-digits.js';

/** A folder for the files of a test; `remove` when it is done. */
export function testFolder(): { readonly path: (name: string) => string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'kompakt-serve-'));
  return { path: (name) => join(folder, name), remove: () => rmSync(folder, { recursive: true }) };
}

/** LeNets of different weights: same inputs and outputs, other answers. */
export const lenet = (seed: number): Model => buildNetwork('lenet-5', { seed });
export const digitInput = lenet(0).graph.inputs[0]!.name;

const { data } = mnistDigits(64);
/** The i-th digit, of 64. */
export const digit = (i: number): Tensor =>
  new Tensor('float32', data.slice((i % 64) * 784, ((i % 64) + 1) * 784), [1, 1, 28, 28]);

/** The request for one digit, as JSON. */
export const digitRequest = (i: number, more: object = {}): string =>
  JSON.stringify({
    inputs: [
      {
        name: digitInput,
        shape: [1, 1, 28, 28],
        datatype: 'FP32',
        data: Array.from(digit(i).data as Float32Array),
      },
    ],
    ...more,
  });

export const startServer = (options: ServeOptions): Promise<Server> => serve({ port: 0, ...options });

export interface Answer {
  readonly status: number;
  readonly body: {
    readonly code?: string;
    readonly error?: string;
    readonly id?: string;
    readonly outputs?: readonly {
      readonly name: string;
      readonly shape: number[];
      readonly data: number[];
    }[];
  } & Record<string, unknown>;
}

/** A request whose answer is JSON. */
export async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const response = await fetch(url, init);
  return { status: response.status, body: (await response.json()) as Answer['body'] };
}

export const post = (
  url: string,
  body: string | Uint8Array,
  headers: Record<string, string> = {},
): Promise<Answer> => ask(url, { method: 'POST', body: body as string, headers });

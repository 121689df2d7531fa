// The inference requests that are here, from their headers to the end of their answers.
import type { ServerResponse } from 'node:http';
import { KompaktError } from '../errors.js';

export class Gate {
  #inside = 0;
  #left: (() => void) | undefined;

  constructor(
    /** False while the server is starting and shutting down. */
    readonly open: () => boolean,
    private readonly limit: number,
  ) {}

  /** Throws KPT_UNAVAILABLE, KPT_QUEUE_FULL. */
  enter(response: ServerResponse): void {
    if (!this.open()) throw new KompaktError('KPT_UNAVAILABLE', 'The server is starting or shutting down.');
    if (this.#inside >= this.limit)
      throw new KompaktError('KPT_QUEUE_FULL', `The server takes ${this.limit} requests at once.`);
    this.#inside++;
    response.once('close', () => {
      this.#inside--;
      if (this.#inside === 0) this.#left?.();
    });
  }

  /** Resolves when nobody is inside. */
  async empty(): Promise<void> {
    if (this.#inside > 0)
      await new Promise<void>((resolve) => {
        this.#left = resolve;
      });
  }
}

// The connections of a server and the answers that are due on them: what ends a connection between requests, or before there is a
// whole one, is decided here.
import { type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { KompaktError } from '../errors.js';
import { httpError } from './http-error.js';
import { startTimer } from './timer.js';

/** Why the server cut off a connection. */
export interface Refusal {
  readonly status: number;
  readonly error: KompaktError;
}

export class Connections {
  /** Those that are open, with the answers that are not at their end. */
  readonly #open = new Map<Socket, Set<ServerResponse>>();
  readonly #refused = new WeakMap<Socket, Refusal>();
  readonly #limitMs: number;
  readonly #count: (status: number) => void;
  #ended: (() => void) | undefined;

  /** `limitMs`: within which a request must have arrived and, later, its answer have been taken; 0: any time. `count` is told of
   *  what was refused before it was a request. */
  constructor(server: Server, limitMs: number, count: (status: number) => void) {
    this.#limitMs = limitMs;
    this.#count = count;
    server.on('connection', (socket: Socket) => this.#add(socket));
    server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) =>
      this.#answer(socket, response),
    );
  }

  /** Resolves when all are closed: at once those on which no answer is due, the others behind it. */
  end(): Promise<void> {
    return new Promise((resolve) => {
      this.#ended = resolve;
      if (this.#open.size === 0) resolve();
      for (const [socket, due] of this.#open) if (due.size === 0) socket.destroy();
    });
  }

  /** Cuts off a client that does not take its answer, which begins now: it would keep its place at the gate. */
  bound(response: ServerResponse): void {
    if (this.#limitMs === 0 || response.destroyed) return;
    const timer = startTimer(() => response.destroy(), this.#limitMs);
    response.once('close', () => clearTimeout(timer));
  }

  /** Answers what Node could not read as a request, or not in time, and closes the connection. */
  refuse(error: NodeJS.ErrnoException, socket: Socket): void {
    if (error.code === 'ECONNRESET' || socket.destroyed) return;
    const refusal = this.#refusalOf(error);
    const due = this.#open.get(socket) ?? new Set();
    // A client that ended in the middle hung up, though it may still read.
    if (error.code !== 'HPE_INVALID_EOF_STATE') {
      // What has a response is counted by it.
      if (due.size === 0) this.#count(refusal.status);
      this.#refused.set(socket, refusal);
    }
    // Into the middle of an answer nothing else may be written.
    const begun = [...due].some((response) => response.headersSent);
    if (socket.writable && !begun) socket.write(rawAnswer(refusal));
    socket.destroy(error);
  }

  /** Why the server cut it off; undefined where it did not. */
  refusal(socket: Socket): Refusal | undefined {
    return this.#refused.get(socket);
  }

  #add(socket: Socket): void {
    this.#open.set(socket, new Set());
    socket.once('close', () => {
      this.#open.delete(socket);
      if (this.#open.size === 0) this.#ended?.();
    });
    if (this.#ended !== undefined) socket.destroy();
  }

  #answer(socket: Socket, response: ServerResponse): void {
    const due = this.#open.get(socket);
    if (due === undefined) return;
    due.add(response);
    response.once('close', () => {
      due.delete(response);
      if (this.#ended !== undefined && due.size === 0) socket.destroySoon();
    });
  }

  #refusalOf({ code, message }: NodeJS.ErrnoException): Refusal {
    const malformed = (status: number, text: string): Refusal => ({
      status,
      error: new KompaktError('KPT_REQUEST_MALFORMED', text),
    });
    if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
      return malformed(408, `The request did not arrive within ${this.#limitMs} ms.`);
    if (code === 'HPE_HEADER_OVERFLOW') return malformed(431, 'The headers of the request are too large.');
    return malformed(400, `The request is no HTTP: ${message}.`);
  }
}

function rawAnswer({ status, error }: Refusal): string {
  const body = JSON.stringify(httpError(error).body);
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
    'Connection: close',
    'Content-Type: application/json; charset=utf-8',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

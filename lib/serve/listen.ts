// Where a server listens: on one address, or on all that localhost has.
import { lookup } from 'node:dns/promises';
import type { Server as HttpServer } from 'node:http';
import { type AddressInfo, createServer, type Server } from 'node:net';
import type { FastifyInstance } from 'fastify';

/** Resolves with the URL; rejects as listen() of Node does. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  if (host !== 'localhost') return app.listen({ host, port });
  // fastify would make servers of their own for all addresses but the first: their connections would know no limits and no end.
  const found = await lookup(host, { all: true });
  const [first, ...others] = new Set(found.map(({ address }) => address));
  const doors: Server[] = [];
  app.addHook('preClose', async () => {
    for (const door of doors) door.close();
  });
  const url = await app.listen({ host: first!, port });
  const { port: taken } = app.server.address() as AddressInfo;
  doors.push(...(await Promise.all(others.map((address) => doorOf(address, taken, app.server)))));
  return url;
}

/** Has the server serve what connects to this address too. An address that cannot be had is left out: a system may name ::1 and have no
 *  IPv6. */
function doorOf(host: string, port: number, server: HttpServer): Promise<Server> {
  // As the sockets of an HTTP server are.
  const door = createServer({ allowHalfOpen: true, noDelay: true }, (socket) =>
    server.emit('connection', socket),
  );
  return new Promise((resolve) => {
    door.on('error', () => resolve(door));
    door.listen({ host, port }, () => resolve(door));
  });
}

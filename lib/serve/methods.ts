// Requests by a method that a path does not have: 405, with those that it has.
import type { FastifyInstance } from 'fastify';
import { KompaktError } from '../errors.js';

/** Returns what adds, for each path of a route added in between, routes of all other methods that refuse. */
export function refuseOtherMethods(app: FastifyInstance): () => void {
  const known = new Map<string, Set<string>>();
  let complete = false;
  app.addHook('onRoute', ({ url, method }) => {
    if (complete) return;
    const methods = known.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    known.set(url, methods);
  });
  return () => {
    complete = true;
    for (const [url, methods] of known) {
      const allowed = [...methods].sort().join(', ');
      app.route({
        url,
        method: app.supportedMethods.filter((method) => !methods.has(method)),
        // Before a body is read.
        onRequest: async (request, reply) => {
          reply.header('allow', allowed);
          const what = `${request.url} takes ${allowed}, not ${request.method}.`;
          throw new KompaktError('KPT_METHOD_NOT_ALLOWED', what);
        },
        handler: () => {},
      });
    }
  };
}

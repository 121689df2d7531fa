// The packages of the server, which its users install beside kompakt.

/** Why they are asked for: one message for both, so that one command installs both. */
export const servingNeeds =
  'Serving needs the packages fastify and prom-client: npm install fastify prom-client';

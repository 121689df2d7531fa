// The HTTP interface: routes, limits, and errors as JSON. docs/serve.md describes it.
import type { FastifyInstance, FastifyReply, FastifyRequest, fastify } from 'fastify';
import { isKompaktError, KompaktError } from '../errors.js';
import type { ProcessWatch } from '../monitor/process-watch.js';
import { packageVersion } from '../run/native.js';
import { loadPeer } from '../run/peers.js';
import { Connections } from './connections.js';
import { decoded } from './content-encoding.js';
import { dashboard } from './dashboard.js';
import type { Gate } from './gate.js';
import { httpError, knownError } from './http-error.js';
import { refuseOtherMethods } from './methods.js';
import type { Metrics } from './metrics.js';
import { describeModel, onlyVersion } from './model-page.js';
import type { ModelService } from './model-service.js';
import type { CompleteServeOptions } from './options.js';
import { servingNeeds } from './peers.js';
import { headerLengthName, type InferRequest, parseInfer, writeInfer } from './protocol.js';
import { malformed } from './protocol-data.js';

/** What the routes show and run. */
export interface Served {
  readonly models: ReadonlyMap<string, ModelService>;
  readonly metrics: Metrics;
  readonly process: ProcessWatch;
  readonly gate: Gate;
}

interface ModelRequest {
  readonly Params: { readonly name: string; readonly version?: string };
}

/** The client hung up before the end of its answer, or did not take it: nginx's number. */
const clientGone = 499;

/** In metrics, of requests to what is not there. */
const noRoute = 'none';

/** Of the protocol, those that are here: tensors as raw bytes. */
const extensions = ['binary_tensor_data'];

/** The prefixes of the Open Inference Protocol's paths: v1 as other routes here, v2 as its clients ask. */
const prefixes = ['/v1', '/v2'];

export interface App {
  readonly http: FastifyInstance;
  readonly connections: Connections;
}

export function makeApp(served: Served, options: CompleteServeOptions): App {
  const { fastify: make } = loadPeer('fastify', servingNeeds).module as { fastify: typeof fastify };
  const app: FastifyInstance = make({
    bodyLimit: options.bodyLimit,
    requestTimeout: options.requestTimeoutMs,
    // A request without one is refused as all others are.
    http: { ...timeouts(options.requestTimeoutMs), requireHostHeader: false },
    // While it drains, routes answer KPT_UNAVAILABLE themselves, and /health goes on.
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    // Longer names are unknown names; Node cuts what is longer than this off itself.
    routerOptions: { maxParamLength: 16_384 },
    frameworkErrors: (error, request, reply) => {
      count(request, reply);
      answerError(error, reply);
    },
    clientErrorHandler: (error, socket) => connections.refuse(error, socket),
  });
  const connections: Connections = new Connections(app.server, options.requestTimeoutMs, (status) =>
    served.metrics.countHttp(noRoute, status),
  );
  const count = (request: FastifyRequest, reply: FastifyReply): void => {
    reply.raw.once('close', () => {
      const cutOff = connections.refusal(request.raw.socket)?.status ?? clientGone;
      const status = reply.raw.writableFinished ? reply.statusCode : cutOff;
      served.metrics.countHttp(request.routeOptions.url ?? noRoute, status);
    });
  };
  // Without a listener Node answers itself.
  app.server.on('checkExpectation', (...request) => app.server.emit('request', ...request));
  // Bodies stay bytes: what is JSON in them is up to a header.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_, body, done) => done(null, body));
  app.setErrorHandler((error, _, reply) => answerError(error, reply));
  app.setNotFoundHandler((request) => {
    throw new KompaktError('KPT_MODEL_UNKNOWN', `There is nothing at ${request.method} ${request.url}.`);
  });
  app.addHook('onRequest', async (request, reply) => {
    count(request, reply);
    checkHead(request);
  });
  app.addHook('onSend', async (_, reply) => {
    connections.bound(reply.raw);
    // A connection that stayed open would keep the server from its end.
    if (!served.gate.open()) reply.header('connection', 'close');
  });
  const refuseOthers = refuseOtherMethods(app);
  addStateRoutes(app, served);
  for (const prefix of prefixes) addModelRoutes(app, prefix, served, connections, options.bodyLimit);
  refuseOthers();
  return { http: app, connections };
}

/** So that a request that is late is cut off soon: Node takes the longer one of the times for head and whole, a minute for the head
 *  unless told otherwise, and looks every 30 seconds. */
function timeouts(requestMs: number): object {
  if (requestMs === 0) return {};
  const connectionsCheckingInterval = Math.min(30_000, Math.max(50, Math.ceil(requestMs / 10)));
  return { requestTimeout: requestMs, headersTimeout: requestMs, connectionsCheckingInterval };
}

/** Throws KPT_REQUEST_MALFORMED for what HTTP asks of a server to refuse. */
function checkHead({ raw: { httpVersion, headers } }: FastifyRequest): void {
  if (headers.host === undefined && httpVersion === '1.1') throw malformed('The request has no header Host.');
  const { expect } = headers;
  if (expect !== undefined && !/^100-continue$/i.test(expect))
    throw malformed(`The request expects '${expect}', which no server here does.`);
}

function answerError(error: unknown, reply: FastifyReply): FastifyReply {
  const { status, body } = httpError(error);
  if (body.code === 'KPT_QUEUE_FULL') reply.header('retry-after', '1');
  return reply.status(status).send(body);
}

function addStateRoutes(app: FastifyInstance, { metrics, gate }: Served): void {
  const live = async () => ({ live: true });
  const readiness = async (_: FastifyRequest, reply: FastifyReply) => {
    const ready = gate.open();
    reply.status(ready ? 200 : 503);
    return { ready };
  };
  app.get('/', async (_, reply) => {
    // Nothing from elsewhere, in nobody's frame.
    reply.header('content-security-policy', "default-src 'self' 'unsafe-inline'; frame-ancestors 'none'");
    return reply.type('text/html; charset=utf-8').send(dashboard);
  });
  app.get('/health', live);
  app.get('/v2/health/live', live);
  app.get('/ready', readiness);
  app.get('/v2/health/ready', readiness);
  app.get('/metrics', async (_, reply) => {
    reply.type(metrics.contentType);
    return metrics.text();
  });
}

function addModelRoutes(
  app: FastifyInstance,
  prefix: string,
  served: Served,
  connections: Connections,
  bodyLimit: number,
): void {
  /** Requests that the scheduler counts. */
  const queued = new WeakSet<FastifyRequest>();
  const find = ({ name, version = onlyVersion }: ModelRequest['Params']): ModelService => {
    const model = served.models.get(name);
    if (model !== undefined && version === onlyVersion) return model;
    if (model !== undefined)
      throw new KompaktError('KPT_MODEL_UNKNOWN', `Model '${name}' has version ${onlyVersion} only.`);
    const names = [...served.models.keys()].join(', ');
    throw new KompaktError('KPT_MODEL_UNKNOWN', `There is no model '${name}'; there is ${names}.`);
  };
  const reload = async (request: FastifyRequest<ModelRequest>) => {
    const model = find(request.params);
    if (((request.body as Buffer | undefined)?.length ?? 0) > 0)
      throw malformed('A reload reads the file of the model again and takes no body.');
    await model.load();
    return describeModel(model);
  };
  app.get(prefix, async () => ({ name: 'kompakt', version: packageVersion(), extensions }));
  app.get(`${prefix}/models`, async () => ({ models: [...served.models.values()].map(describeModel) }));
  app.get<ModelRequest>(`${prefix}/models/:name/statistics`, async ({ params }) => {
    const model = find(params);
    const { governor } = model.current();
    return {
      ...model.statistics(),
      requests: model.counts(),
      governor: governor.snapshot(),
      process: served.process.snapshot(),
    };
  });
  app.get<ModelRequest>(`${prefix}/models/:name/drift`, async ({ params }) => {
    const { sentinel } = find(params).current();
    if (sentinel !== null) return sentinel.report();
    throw new KompaktError('KPT_MODEL_UNKNOWN', `Model '${params.name}' is served without a drift baseline.`);
  });
  app.post<ModelRequest>(`${prefix}/models/:name/reload`, reload);
  app.put<ModelRequest>(`${prefix}/models/:name`, reload);
  for (const path of [`${prefix}/models/:name`, `${prefix}/models/:name/versions/:version`]) {
    app.get<ModelRequest>(path, async ({ params }) => describeModel(find(params)));
    app.get<ModelRequest>(`${path}/ready`, async ({ params }, reply) => {
      const { name, ready } = find(params);
      reply.status(ready ? 200 : 503);
      return { name, ready };
    });
    app.post<ModelRequest>(
      `${path}/infer`,
      {
        onRequest: async (_, reply) => served.gate.enter(reply.raw),
        errorHandler: (error, request, reply) => {
          const { name } = request.params as ModelRequest['Params'];
          const cutOff = connections.refusal(request.raw.socket)?.error;
          const why = reply.raw.destroyed
            ? (cutOff ?? new KompaktError('KPT_ABORTED', 'The client hung up.'))
            : knownError(error);
          if (!queued.has(request)) served.models.get(name)?.refused(why);
          return answerError(error, reply);
        },
      },
      async (request, reply) => {
        const model = find(request.params);
        model.current().checkRoom();
        const { headers } = request;
        const body = await decoded(bytesOf(request.body), headers['content-encoding'], bodyLimit);
        const parsed = parseInfer(body, headerLength(headers, body), model.current());
        queued.add(request);
        return infer(model, parsed, reply);
      },
    );
  }
}

async function infer(model: ModelService, parsed: InferRequest, reply: FastifyReply): Promise<Uint8Array> {
  const gone = new AbortController();
  const leave = (): void => {
    if (!reply.raw.writableFinished) gone.abort();
  };
  reply.raw.once('close', leave);
  if (reply.raw.destroyed) leave();
  try {
    const { deadlineMs, priority } = parsed;
    const answer = await model.run(parsed.feeds, {
      signal: gone.signal,
      ...(deadlineMs !== undefined && { deadlineMs }),
      ...(priority !== undefined && { priority }),
    });
    const { body, jsonBytes } = writeInfer(model.name, parsed, answer);
    reply.type(jsonBytes === undefined ? 'application/json' : 'application/octet-stream');
    if (jsonBytes !== undefined) reply.header(headerLengthName, jsonBytes);
    return body;
  } catch (error) {
    throw isKompaktError(error) ? error : new KompaktError('KPT_INTERNAL', String(error), {}, error);
  } finally {
    reply.raw.off('close', leave);
  }
}

function bytesOf(body: unknown): Uint8Array {
  if (body instanceof Uint8Array) return body;
  throw malformed('The request has no body.');
}

function headerLength(headers: FastifyRequest['headers'], body: Uint8Array): number | undefined {
  const text = headers[headerLengthName];
  if (text === undefined) return undefined;
  const length = Number(text);
  if (Number.isInteger(length) && length >= 0 && length <= body.length) return length;
  throw malformed(`Header ${headerLengthName} is no number of bytes of the body.`);
}

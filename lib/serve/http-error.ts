// From errors to HTTP: which status a code has, and the one form of an error's body.
import { type ErrorCode, errorTable, isKompaktError, KompaktError } from '../errors.js';

/** Codes that a request can end with. Those of faulty feeds are the client's; all that is not here is the server's (500). */
const statuses: Partial<Record<ErrorCode, number>> = {
  KPT_REQUEST_MALFORMED: 400,
  KPT_SHAPE_MISMATCH: 400,
  KPT_TYPE_MISMATCH: 400,
  KPT_INPUT_MISSING: 400,
  KPT_INPUT_UNKNOWN: 400,
  // An index in an input that is out of range.
  KPT_DATA_MALFORMED: 400,
  KPT_MODEL_UNKNOWN: 404,
  KPT_METHOD_NOT_ALLOWED: 405,
  KPT_MODEL_DIFFERENT: 409,
  KPT_BODY_TOO_LARGE: 413,
  KPT_TOO_LARGE: 413,
  KPT_ENCODING_UNKNOWN: 415,
  KPT_QUEUE_FULL: 429,
  // The client closed the connection: nobody reads this.
  KPT_ABORTED: 499,
  KPT_DROPPED: 503,
  KPT_FILE_CHANGED: 503,
  KPT_UNAVAILABLE: 503,
  KPT_SESSION_RELEASED: 503,
  KPT_DEADLINE: 504,
  // A reload that failed: what was asked for cannot be done with the file that is there.
  KPT_FILE_NOT_FOUND: 422,
  KPT_ONNX_MALFORMED: 422,
  KPT_ONNX_UNSUPPORTED: 422,
  KPT_ONNX_UNSUPPORTED_OP: 422,
  KPT_TFLITE_MALFORMED: 422,
  KPT_TFLITE_UNSUPPORTED: 422,
  KPT_TFLITE_UNSUPPORTED_OP: 422,
  KPT_EXTERNAL_DATA: 422,
  KPT_GRAPH_INVALID: 422,
  KPT_ATTRIBUTE_INVALID: 422,
  KPT_BASELINE_INVALID: 422,
};

export interface ErrorBody {
  /** The message, where the Open Inference Protocol has it. */
  readonly error: string;
  readonly code: ErrorCode;
  readonly remedy: string;
}

/** What fastify's own errors say about themselves. */
interface HttpError {
  readonly statusCode?: number;
  readonly message: string;
}

export function httpError(error: unknown): { readonly status: number; readonly body: ErrorBody } {
  const known = knownError(error);
  const { code, message } = known;
  return {
    status: statuses[code] ?? 500,
    body: { error: message, code, remedy: errorTable[code]?.remedy ?? known.remedy },
  };
}

/** The error as one of kompakt's. */
export const knownError = (error: unknown): KompaktError =>
  isKompaktError(error) ? (error as KompaktError) : ofHttp(error as HttpError);

/** Errors of the HTTP layer: a body too large, no valid length, a method that is not there. */
function ofHttp({ statusCode, message }: HttpError): KompaktError {
  if (statusCode === 413) return new KompaktError('KPT_BODY_TOO_LARGE', message);
  const clients = statusCode !== undefined && statusCode >= 400 && statusCode < 500;
  return new KompaktError(clients ? 'KPT_REQUEST_MALFORMED' : 'KPT_INTERNAL', message);
}

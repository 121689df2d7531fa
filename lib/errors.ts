// The one error class and the one table of codes. A message says what, where and what was received; the table
// adds what to do. docs/errors.md is generated from this table.

/** What a code means and how a user gets past it. */
export interface ErrorEntry {
  readonly meaning: string;
  readonly remedy: string;
}

export const errorTable = {
  KPT_FILE_NOT_FOUND: {
    meaning: 'A file that was named does not exist or cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
  },
  KPT_FILE_CHANGED: {
    meaning:
      'The file of a model was written over while a session used it, which needs it again for inputs of other sizes.',
    remedy:
      'Create a new session, or have the server read the file again (PUT /v1/models/NAME); replace model files by renaming.',
  },
  KPT_FILE_WRITE: {
    meaning: 'An output file or its folder cannot be written.',
    remedy: 'Choose a folder that exists, is writable and has room; no file is left half written.',
  },
  KPT_ONNX_MALFORMED: {
    meaning: 'The bytes are not a valid ONNX model.',
    remedy: 'Export or download the model again; check it with the onnx checker.',
  },
  KPT_ONNX_UNSUPPORTED_OP: {
    meaning: 'The model uses an operator that kompakt does not know.',
    remedy: 'See docs/ops.md for the operators that run; re-export with standard operators or open an issue.',
  },
  KPT_ONNX_UNSUPPORTED: {
    meaning: 'The model uses a part of ONNX (opset, type or feature) that kompakt does not read.',
    remedy: 'Re-export with opset 7 or newer and tensor types that docs/ops.md lists.',
  },
  KPT_TFLITE_MALFORMED: {
    meaning: 'The bytes are not a valid TensorFlow Lite model.',
    remedy: 'Convert or download the model again; the file may be cut short.',
  },
  KPT_TFLITE_UNSUPPORTED_OP: {
    meaning: 'The TensorFlow Lite model uses an operator that kompakt does not read.',
    remedy: 'Convert the original model to ONNX instead, or open an issue that names the operator.',
  },
  KPT_TFLITE_UNSUPPORTED: {
    meaning:
      'The TensorFlow Lite model uses a type, an option or a form of quantisation that kompakt does not read.',
    remedy:
      'Convert the model with 8-bit or float32 tensors and static shapes, or convert the original to ONNX.',
  },
  KPT_EXTERNAL_DATA: {
    meaning: 'External tensor data is missing, too short, or outside the folder of the model.',
    remedy: 'Keep the data file beside the model file; links and paths out of the folder are refused.',
  },
  KPT_GRAPH_INVALID: {
    meaning: 'The graph breaks a rule: a cycle, a value without producer, a name defined twice.',
    remedy: 'Export the model again; the message names the value or node at fault.',
  },
  KPT_ATTRIBUTE_INVALID: {
    meaning: 'An operator attribute is missing, has the wrong type or a value that the operator forbids.',
    remedy: 'Check the attribute named in the message against the ONNX operator specification.',
  },
  KPT_SHAPE_MISMATCH: {
    meaning: 'Tensor shapes do not fit one another or the operator.',
    remedy:
      'Give inputs the shape that `kompakt inspect MODEL` prints; where it prints a name, a size that the model was made for (its page or its training says which).',
  },
  KPT_TYPE_MISMATCH: {
    meaning: 'A tensor has another element type than the operator or input takes.',
    remedy: 'Give inputs the type that `kompakt inspect MODEL` prints.',
  },
  KPT_INPUT_MISSING: {
    meaning: 'A model input was not fed.',
    remedy:
      'Give every input that `kompakt inspect MODEL` prints (`session.inputNames`), and labels where the message asks for them.',
  },
  KPT_INPUT_UNKNOWN: {
    meaning: 'A feed or fetch names a value that the model does not have.',
    remedy:
      'Use the names that `kompakt inspect MODEL` prints (`session.inputNames`, `session.outputNames`).',
  },
  KPT_TOO_LARGE: {
    meaning: 'A declared size is larger than this machine or kompakt can hold.',
    remedy:
      'Check the shapes in the model and those of the inputs; they may be corrupt. KOMPAKT_MEMORY_LIMIT (MiB) in the environment sets what one model may take; without it that is what is free.',
  },
  KPT_BODY_TOO_LARGE: {
    meaning: 'The body of a request has more bytes than the server takes.',
    remedy: 'Send fewer rows at once, or raise the limit: `kompakt serve --body-limit`.',
  },
  KPT_OPTION_INVALID: {
    meaning: 'An option is unknown or has a value outside its range.',
    remedy: 'The message names the option and what it takes.',
  },
  KPT_USAGE: {
    meaning: 'The command line was not understood.',
    remedy: 'Run `kompakt --help` or `kompakt COMMAND --help`.',
  },
  KPT_CALIBRATION_EMPTY: {
    meaning: 'Data that samples are read from holds none.',
    remedy:
      'Check the kind and the path of the data, as in `--data images:FOLDER`; 100 to 500 samples are usual to calibrate.',
  },
  KPT_CALIBRATION_VALUES: {
    meaning: 'Calibration met NaN or an infinite value.',
    remedy: 'Check the pre-processing of the samples; the message names the tensor and sample.',
  },
  KPT_NOT_DIFFERENTIABLE: {
    meaning: 'A loss depends on parameters through an operator that has no gradient.',
    remedy:
      'Train only parameters behind that operator (option trainable), or replace it; the message names it.',
  },
  KPT_DATA_MALFORMED: {
    meaning:
      'A data file (IDX, CIFAR, npy, npz, image, wav) is not what it says it is, or a tensor holds what an operator cannot compute with, as an index out of range.',
    remedy:
      'Check the file named in the message and the format given with --data, or what the node named there gets.',
  },
  KPT_TRAINING_DIVERGED: {
    meaning: 'The loss or a weight became NaN or infinite, or the loss a million times what it was.',
    remedy: 'Lower the learning rate, warm up, clip gradients (clipNorm), or check the scale of the samples.',
  },
  KPT_ADDON_MISSING: {
    meaning: 'The native addon could not be loaded.',
    remedy:
      'Run `npm run build:native` in a checkout, or `npx node-gyp rebuild -C node_modules/kompakt` in an app. Bundlers must leave kompakt out (as an external package).',
  },
  KPT_PEER_MISSING: {
    meaning: 'An optional package that this feature uses is not installed.',
    remedy: 'Install the package named in the message with npm, in the folder from which kompakt is run.',
  },
  KPT_SESSION_RELEASED: {
    meaning: 'The session was used after release().',
    remedy: 'Create a new session.',
  },
  KPT_ABORTED: {
    meaning: 'The run was aborted by its signal.',
    remedy: 'Nothing to do: this is what the signal asked for.',
  },
  KPT_DEADLINE: {
    meaning: 'The deadline of a request passed before its turn came; it was not computed.',
    remedy:
      'Allow more time, send fewer requests, or serve a faster variant of the model (docs/serve.md, governor).',
  },
  KPT_QUEUE_FULL: {
    meaning: 'The queue of a model, or the number of requests that a server takes at once, is full.',
    remedy: 'Send again later, or choose a longer queue or another policy (docs/serve.md).',
  },
  KPT_DROPPED: {
    meaning: 'A newer request took the place of this one in a full queue (policy drop-oldest).',
    remedy: 'Nothing to do for a camera: a newer picture is on its way. Otherwise choose another policy.',
  },
  KPT_UNAVAILABLE: {
    meaning: 'The server or scheduler is starting or shutting down, or cannot listen where it was told to.',
    remedy: 'Wait until GET /ready answers 200; choose another --port where the message names one.',
  },
  KPT_MODEL_UNKNOWN: {
    meaning: 'A request names a model or a path that the server does not have.',
    remedy: 'GET /v1/models lists the models; docs/serve.md lists the paths.',
  },
  KPT_MODEL_DIFFERENT: {
    meaning: 'Models that should stand for one another have different inputs or outputs.',
    remedy: 'Variants, and a file that is swapped in, need the names, types and shapes of the first one.',
  },
  KPT_REQUEST_MALFORMED: {
    meaning: 'A request is not what HTTP, its headers and docs/serve.md say.',
    remedy: 'Send {"inputs":[{"name","shape","datatype","data"}]}; the message says what differs.',
  },
  KPT_METHOD_NOT_ALLOWED: {
    meaning: 'A request has a method that its path does not take.',
    remedy: 'Use one that the header Allow names: GET to ask, POST to infer, PUT to read a file again.',
  },
  KPT_ENCODING_UNKNOWN: {
    meaning: 'The body of a request has a Content-Encoding that the server does not read.',
    remedy: 'Send it as it is, or compressed by gzip or deflate.',
  },
  KPT_BASELINE_INVALID: {
    meaning: 'A drift baseline is malformed or was recorded for a model with other inputs or outputs.',
    remedy: 'Record it again with `kompakt baseline MODEL --data SOURCE -o FILE`.',
  },
  KPT_BUFFER_INVALID: {
    meaning: 'A bound buffer has the wrong length or type, or was detached.',
    remedy: 'Bind buffers of the byte length that the model needs and do not transfer them.',
  },
  KPT_BUDGET_UNMET: {
    meaning: 'No candidate that compress tried keeps the budget.',
    remedy:
      'Widen the line that the message names, allow more time, methods or epochs, or take the nearest candidate (--nearest, nearest: true).',
  },
  KPT_INTERNAL: {
    meaning: 'kompakt broke one of its own rules.',
    remedy: 'Please report it with the model and the message.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorTable;

/** Every error that kompakt throws on purpose. Match on `code`, never on the message or on `instanceof`. */
export class KompaktError extends Error {
  // What Node prints of an error nobody caught begins with the name of its class, which bundling shortens.
  static {
    Object.defineProperty(KompaktError, 'name', { value: 'KompaktError' });
  }

  readonly code: ErrorCode;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(
    code: ErrorCode,
    message: string,
    details: Readonly<Record<string, unknown>> = {},
    cause?: unknown,
  ) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'KompaktError';
    this.code = code;
    this.details = details;
  }

  /** What to do about it, from the table. */
  get remedy(): string {
    return errorTable[this.code].remedy;
  }
}

/** True for errors made by any copy of kompakt, also from another realm. */
export function isKompaktError(error: unknown): error is KompaktError {
  return (
    typeof error === 'object' && error !== null && 'code' in error && String(error.code).startsWith('KPT_')
  );
}

/** The one grammar of messages: Expected <what> for <where> but received <got>. */
export function expected(what: string, where: string, got: unknown): string {
  return `Expected ${what} for ${where} but received ${show(got)}.`;
}

/** Why the system refused a file, for the end of a message, as in ": no space left on device"; empty where it does not say. */
export function systemReason(cause: unknown): string {
  const [, reason] = /^E[A-Z0-9]+: ([^,]+)/.exec((cause as Error | undefined)?.message ?? '') ?? [];
  return reason === undefined ? '' : `: ${reason}`;
}

/** Throws KPT_OPTION_INVALID for an argument that only programs without types can give. */
export function requireArgument(right: boolean, what: string, where: string, got: unknown): void {
  if (!right) throw new KompaktError('KPT_OPTION_INVALID', expected(what, where, got));
}

function show(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return `[${value.join(',')}]`;
  if (typeof value === 'string')
    return JSON.stringify(value.length > 80 ? `${value.slice(0, 77)}...` : value);
  if (typeof value === 'object') return `an object (${value.constructor?.name ?? 'Object'})`;
  return `${String(value)} (${typeof value})`;
}

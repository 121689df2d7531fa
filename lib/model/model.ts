// Model: a graph with what belongs to its file.
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { expected, KompaktError, systemReason } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { type LoadedModel, loadModel } from '../onnx/load.js';
import type { LocalFunction } from '../onnx/local-function.js';
import { emptyMetadata, type ModelMetadata } from '../onnx/metadata.js';
import { saveModel } from '../onnx/save.js';
import { checkWritable, writeFileAtomically } from '../onnx/write-file.js';
import { loadTflite } from '../tflite/load.js';
import { isTflite } from '../tflite/schema.js';

export class Model implements LoadedModel {
  // What errors call it: bundling shortens the names of classes.
  static {
    Object.defineProperty(Model, 'name', { value: 'Model' });
  }

  readonly graph: Graph;
  readonly metadata: ModelMetadata;
  /** Bodies of operators of kompakt that other runtimes need; written when the graph uses them. */
  readonly functions: readonly LocalFunction[];
  /** False when data came from files beside the model's own. */
  readonly selfContained: boolean;
  /** Length of the file, or of the bytes, that hold just this model; null for one that was made or changed, and where more files
   *  belong to it. */
  readonly fileBytes: number | null;

  constructor(
    graph: Graph,
    metadata: ModelMetadata = emptyMetadata,
    functions: readonly LocalFunction[] = [],
    selfContained = true,
    fileBytes: number | null = null,
  ) {
    this.graph = graph;
    this.metadata = metadata;
    this.functions = functions;
    this.selfContained = selfContained;
    this.fileBytes = fileBytes;
  }

  /** Loads an ONNX model, with external data beside the file, or a TensorFlow Lite model, from a file or from bytes. */
  static async load(pathOrBytes: string | Uint8Array): Promise<Model> {
    if (typeof pathOrBytes !== 'string') return Model.#fromBytes(pathOrBytes);
    return Model.fromFile(
      pathOrBytes,
      await readFile(pathOrBytes).catch((error) => unreadable(pathOrBytes, error)),
    );
  }

  static loadSync(pathOrBytes: string | Uint8Array): Model {
    if (typeof pathOrBytes !== 'string') return Model.#fromBytes(pathOrBytes);
    let bytes: Uint8Array;
    try {
      bytes = readFileSync(pathOrBytes);
    } catch (error) {
      return unreadable(pathOrBytes, error);
    }
    return Model.fromFile(pathOrBytes, bytes);
  }

  /** The model whose file at `path` has these bytes; they are the model's from then on. */
  static fromFile(path: string, bytes: Uint8Array): Model {
    return Model.#fromFormat(bytes, dirname(resolve(path)), path);
  }

  static #fromBytes(bytes: unknown): Model {
    if (!(ArrayBuffer.isView(bytes) && !(bytes instanceof DataView)))
      throw new KompaktError('KPT_OPTION_INVALID', expected('a path or a Uint8Array', 'the model', bytes));
    const view = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    return Model.#fromFormat(view, null, 'model');
  }

  static #fromFormat(bytes: Uint8Array, folder: string | null, file: string): Model {
    if (isTflite(bytes)) {
      const { graph, description } = loadTflite(bytes, file);
      return new Model(graph, { ...emptyMetadata, docString: description }, [], true, bytes.length);
    }
    // The loader keeps what it is given, and the bytes of a caller stay his.
    const loaded = loadModel(folder === null ? bytes.slice() : bytes, { folder, file });
    const { graph, metadata, functions, selfContained } = loaded;
    return new Model(graph, metadata, functions, selfContained, selfContained ? bytes.length : null);
  }

  /** The same model with another graph, and with more functions when that graph calls them. */
  withGraph(graph: Graph, functions: readonly LocalFunction[] = this.functions): Model {
    return new Model(graph, this.metadata, functions, this.selfContained);
  }

  toBytes(): Uint8Array {
    return saveModel(this);
  }

  /** Throws KPT_FILE_WRITE when save(path) could not write there. */
  static async checkWritable(path: string): Promise<void> {
    await checkWritable(path);
  }

  /** Writes the model to a file: wholly or, with KPT_FILE_WRITE, not at all. */
  async save(path: string): Promise<void> {
    await writeFileAtomically(path, this.toBytes());
  }
}

function unreadable(path: string, error: unknown): never {
  if ((error as NodeJS.ErrnoException).code === 'ERR_FS_FILE_TOO_LARGE')
    throw new KompaktError('KPT_TOO_LARGE', `The file '${path}' is larger than 2 GiB.`, { path }, error);
  throw new KompaktError(
    'KPT_FILE_NOT_FOUND',
    `The file '${path}' cannot be read${systemReason(error)}.`,
    { path },
    error,
  );
}

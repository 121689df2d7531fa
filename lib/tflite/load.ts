// TensorFlow Lite bytes -> Graph. The graph is standard ONNX: channels-first operators on float numbers with
// DequantizeLinear and QuantizeLinear around those of integer models, which the passes turn into integer operators.
import { KompaktError } from '../errors.js';
import type { Graph } from '../graph/graph.js';
import { GraphConverter } from './graph-converter.js';
import { Operator } from './operator.js';
import { converters } from './operators/index.js';
import { readModel, type TfModel } from './schema.js';

export interface TfliteModel {
  readonly graph: Graph;
  readonly description: string;
}

/** Throws KPT_TFLITE_MALFORMED, KPT_TFLITE_UNSUPPORTED, KPT_TFLITE_UNSUPPORTED_OP, KPT_GRAPH_INVALID or KPT_TOO_LARGE. */
export function loadTflite(bytes: Uint8Array, file: string): TfliteModel {
  try {
    const model = readModel(bytes);
    return { graph: convert(model), description: model.description };
  } catch (error) {
    if (!(error instanceof KompaktError)) throw error;
    throw new KompaktError(error.code, `${file}: ${error.message}`, error.details, error.cause);
  }
}

function convert(model: TfModel): Graph {
  const unknown = [...new Set(model.operators.map((o) => o.kind).filter((kind) => !converters.has(kind)))];
  if (unknown.length > 0)
    throw new KompaktError(
      'KPT_TFLITE_UNSUPPORTED_OP',
      `The model uses operators that are not known: ${unknown.slice(0, 20).join(', ')}.`,
      { operators: unknown },
    );
  const converter = new GraphConverter(model);
  for (const operator of model.operators) converters.get(operator.kind)?.(new Operator(converter, operator));
  return converter.finish();
}

// Short constructors for attributes: attr.int(1), attr.floats([0.5]).
import type { TensorValue } from '../tensor/tensor.js';
import type { Attribute, Graph } from './graph.js';

export const attr = {
  int: (value: number): Attribute => ({ type: 'int', value }),
  /** Rounded to float32, the precision of ONNX attributes. */
  float: (value: number): Attribute => ({ type: 'float', value: Math.fround(value) }),
  string: (value: string): Attribute => ({ type: 'string', value }),
  tensor: (value: TensorValue): Attribute => ({ type: 'tensor', value }),
  graph: (value: Graph): Attribute => ({ type: 'graph', value }),
  ints: (value: readonly number[]): Attribute => ({ type: 'ints', value }),
  floats: (value: readonly number[]): Attribute => ({ type: 'floats', value: value.map(Math.fround) }),
  strings: (value: readonly string[]): Attribute => ({ type: 'strings', value }),
} as const;

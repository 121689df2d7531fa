// A model of one node: a call of it costs what every call costs.
import { Model } from '../../dist/index.js';
import { GraphBuilder } from '../internals.mjs';

/** Relu on 16 floats. */
export function relu() {
  const g = new GraphBuilder('one');
  g.output(g.node('Relu', [g.input('x', 'float32', [16])])[0], 'float32', [16]);
  return new Model(g.build());
}

// MEAN, SUM and the like over constant axes.
import { attr } from '../../graph/attribute.js';
import { i64 } from '../../tensor/tensor.js';
import { axisIn } from '../graph-converter.js';
import type { Convert } from '../operator.js';

export function reduction(op: string): Convert {
  return (operator) => {
    const { graph, options } = operator;
    const x = operator.input(0);
    const y = operator.output();
    const rank = operator.tensor(0).dims.length;
    const axes = operator.integers(1).map((axis) => operator.axis(axis, rank));
    const keepdims = options.bool(0);
    // What is left has one order in both layouts, unless it is the channels beside height or width.
    const orderless = axes.includes(3) || (axes.includes(1) && axes.includes(2));
    const layout = keepdims || orderless ? graph.layoutOf(x) : 'last';
    const inputs = [
      graph.real(x, layout),
      graph.constant('axes', i64(axes.map((axis) => axisIn(layout, axis)))),
    ];
    const attributes = { keepdims: attr.int(Number(keepdims)) };
    graph.storeReal(y, keepdims ? layout : 'last', { op, inputs, attributes });
  };
}

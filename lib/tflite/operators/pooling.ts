// AVERAGE_POOL_2D and MAX_POOL_2D.
import type { Convert, Operator } from '../operator.js';
import { type PlaneWindow, readWindow } from '../window.js';
import { windowAttributes } from './convolution.js';

function poolWindow(operator: Operator): PlaneWindow {
  const { options } = operator;
  const [, height, width] = operator.dims4(0);
  return readWindow(operator, [height, width], {
    kernel: [options.int32(4), options.int32(3)],
    strides: [options.int32(2), options.int32(1)],
    dilations: [1, 1],
  });
}

const activation = 5;

export const averagePool2d: Convert = (operator) => {
  const { dilations: _, ...attributes } = windowAttributes(poolWindow(operator));
  const inputs = [operator.graph.real(operator.input(0), 'first')];
  const step = { op: 'AveragePool', inputs, attributes };
  operator.graph.storeReal(operator.output(), 'first', step, operator.activation(activation));
};

export const maxPool2d: Convert = (operator) => {
  const { graph } = operator;
  const x = operator.input(0);
  const y = operator.output();
  const attributes = windowAttributes(poolWindow(operator));
  const tails = operator.activation(activation);
  if (tails.length === 0 && operator.moves(x, y))
    graph.store(y, 'first', { op: 'MaxPool', inputs: [graph.stored(x, 'first')], attributes });
  else graph.storeReal(y, 'first', { op: 'MaxPool', inputs: [graph.real(x, 'first')], attributes }, tails);
};

// Every network to start from, one line each, and the one way to make a model of one.
import { expected, KompaktError } from '../../errors.js';
import { Model } from '../../model/model.js';
import { binaryCnn } from './binary-cnn.js';
import { dsCnn } from './ds-cnn.js';
import { lfc, sfc } from './finn.js';
import { Layers } from './layers.js';
import { lenet5 } from './lenet-5.js';
import { lenet300100 } from './lenet-300-100.js';
import { mobilenetV1 } from './mobilenet-v1.js';
import { mobilenetV2 } from './mobilenet-v2.js';
import type { Network } from './network.js';
import { resnet8, resnet20 } from './resnet.js';
import { smallVgg } from './small-vgg.js';

export const networks: readonly Network[] = [
  lenet300100,
  lenet5,
  smallVgg,
  resnet8,
  resnet20,
  dsCnn,
  mobilenetV1,
  mobilenetV2,
  binaryCnn,
  sfc,
  lfc,
];

export interface NetworkOptions {
  /** Decides the weights. Default 0. */
  readonly seed?: number;
  readonly classes?: number;
  /** Channels, height and width. */
  readonly input?: readonly [number, number, number];
  /** Multiplies the numbers of channels. Default 1. */
  readonly width?: number;
}

/** People write lenet5 as often as lenet-5. */
const withoutHyphens = (name: string): string => name.replaceAll('-', '');

/** A network with fresh weights, as an ordinary ONNX model with a free batch size. Hyphens of the name may be left out. */
export function buildNetwork(name: string, options: NetworkOptions = {}): Model {
  const wanted = withoutHyphens(String(name));
  const network = networks.find((candidate) => withoutHyphens(candidate.name) === wanted);
  if (network === undefined)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected(`one of ${networks.map((n) => n.name).join(', ')}`, 'the name of a network', name),
    );
  const { seed = 0, classes = network.classes, input = network.input, width = 1 } = options;
  const check = (right: boolean, what: string, option: string, got: unknown): void => {
    if (!right)
      throw new KompaktError('KPT_OPTION_INVALID', expected(what, `option ${option} of '${name}'`, got));
  };
  check(Number.isSafeInteger(seed) && seed >= 0, 'a whole number', 'seed', seed);
  check(Number.isInteger(classes) && classes > 0, 'a positive whole number', 'classes', classes);
  check(width > 0 && width <= maxWidth, `a number of (0,${maxWidth}]`, 'width', width);
  check(
    input.length === 3 && input.every((n) => Number.isInteger(n) && n > 0),
    'channels, height and width',
    'input',
    input,
  );
  const layers = new Layers(network.name, seed);
  return new Model(layers.finish(network.build(layers, layers.input(input), { classes, width })));
}

/** Wider ones would have more weights than memory holds. */
const maxWidth = 8;

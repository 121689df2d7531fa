// What all optimisers hand to their update operator (lib/ops/shared/update.ts).
import type { Attribute } from '../../graph/graph.js';
import { float } from '../../ops/gradients/emit.js';
import type { ParameterUpdate } from '../training.js';

export const updateInputs = ({ parameter, gradient, scale, hyper, slots }: ParameterUpdate): string[] => [
  parameter,
  gradient,
  scale,
  hyper,
  ...slots,
];

export const commonAttributes = ({
  l1,
  l2,
  within: [low, high],
}: ParameterUpdate): Readonly<Record<string, Attribute>> => ({
  l1: float(l1),
  l2: float(l2),
  low: float(low),
  high: float(high),
});

// The way back from the form that is trained: the quantised model with other constants. Its nodes are those that quantize
// wrote, so whatever ran it before training runs it afterwards.
import { freezeGraph, type Graph } from '../../graph/graph.js';
import { splitDims } from '../../ops/shared/physical-axis.js';
import { roundHalfEven } from '../../ops/shared/rounding.js';
import { f32, fromNumbers, type TensorValue, tensor, toNumbers } from '../../tensor/tensor.js';
import { quantizeBias } from '../quantize/affine.js';
import type { FakeForm } from './fake-form.js';
import type { WeightSite } from './sites.js';

/** `trained`: the graph of the form with other values of its constants. */
export function fromFakeQuantized(form: FakeForm, trained: Graph): Graph {
  const { template, sites } = form;
  const constants = new Map(template.constants);
  const value = (name: string): TensorValue => trained.constants.get(name)!;
  /** Under the dims that the constant has in the template. */
  const set = (name: string, { dtype, data }: TensorValue): void => {
    constants.set(name, tensor(dtype, template.constants.get(name)!.dims, data));
  };

  // What stayed float is trained too.
  for (const [name, { dtype }] of template.constants)
    if (dtype === 'float32' && trained.constants.has(name)) constants.set(name, value(name));

  for (const site of sites.activations) {
    const parameter = form.scales.get(sites.groups.representative(site.input));
    if (parameter === undefined) continue;
    const scale = Math.fround(toNumbers(value(parameter.name))[0]! * parameter.factor);
    set(site.scale, f32([1], [scale]));
    site.bounds?.forEach((name, i) => {
      set(name, f32([1], [(i === 0 ? site.low : site.high) * scale]));
    });
  }
  for (const site of sites.weights) {
    const scales = value(form.steps.get(site.output)!);
    set(site.scale, scales);
    set(site.integers, integersOf(value(form.floats.get(site.output)!), scales, site, template));
  }
  for (const { output, integers, scale, activation, weight } of sites.biases) {
    const xScale = toNumbers(constants.get(activation.scale)!)[0]!;
    const made = quantizeBias(value(form.floats.get(output)!), xScale, constants.get(weight.scale)!);
    set(integers, made.value);
    set(scale, made.params.scale);
  }
  return freezeGraph({ ...template, constants });
}

/** What FakeQuantize rounds the weights to, as integers of the type that the template has. */
function integersOf(
  weight: TensorValue,
  scale: TensorValue,
  { integers, low, high, zero, axis }: WeightSite,
  template: Graph,
): TensorValue {
  const { dtype } = template.constants.get(integers)!;
  const scales = toNumbers(scale);
  const [, channels, inner] = scales.length === 1 ? [1, 1, weight.data.length] : splitDims(weight.dims, axis);
  const stored = toNumbers(weight).map((v, i) => {
    const steps = roundHalfEven(Math.fround(v / scales[Math.floor(i / inner) % channels]!));
    return Math.min(high, Math.max(low, steps)) + zero;
  });
  return fromNumbers(dtype, weight.dims, stored);
}

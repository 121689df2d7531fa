// The parts of a binary network while it is trained, as standard operators around Binarize and StraightThrough.
import { emit, emitOwn, float, int, integers, multiply, scalar, text } from '../../ops/gradients/emit.js';
import type { Dims } from '../../tensor/shape.js';
import { f32, type TensorValue } from '../../tensor/tensor.js';
import { bop } from '../../train/optimizers/bop.js';
import type { ParameterRule } from '../../train/training.js';
import type { EditorWriter } from './graph-writer.js';
import type { Estimate, Scale, WeightForm } from './method.js';

/** Parameters that came with the parts, and how they are trained. */
export class Parameters {
  readonly rules: Map<string, ParameterRule>;

  constructor(before?: Parameters) {
    this.rules = new Map(before?.rules);
  }

  /** Nothing pulls signs and thresholds towards 0. */
  add(name: string, rule: ParameterRule = {}): string {
    this.rules.set(name, { penalized: false, ...rule });
    return name;
  }
}

/** Of SwishSign; 5 in the paper. */
const swishBeta = 5;

/** t of EDE at the beginning and at the end of the run (IR-Net, equation 11). */
const sharpness = [0.1, 10] as const;

/** Emits signs; those by EDE share what depends on the progress of the run. */
export class Signs {
  #ede: { readonly t: string; readonly k: string } | undefined;

  /** `progress`: constant with the share of the run that is done; made when first needed. */
  constructor(
    readonly writer: EditorWriter,
    public progress?: string | undefined,
  ) {}

  /** x >= 0 ? 1 : -1. */
  of(x: string, estimate: Estimate): string {
    const { writer } = this;
    if (estimate !== 'ede')
      return emitOwn(writer, 'Binarize', [x], {
        estimate: text(estimate),
        alpha: float(estimate === 'swish' ? swishBeta : 1),
      });
    const { t, k } = this.#slope();
    const soft = multiply(writer, emit(writer, 'Tanh', [multiply(writer, x, t)]), k);
    return emitOwn(writer, 'StraightThrough', [emitOwn(writer, 'Binarize', [x]), soft]);
  }

  /** t = T0 * (T1 / T0)^progress, k = max(1 / t, 1). */
  #slope(): { readonly t: string; readonly k: string } {
    if (this.#ede !== undefined) return this.#ede;
    const { writer } = this;
    this.progress ??= writer.constant('progress', f32([], [0]));
    const number = (value: number): string => scalar(writer, 'float32', value);
    const [from, to] = sharpness;
    const growth = multiply(writer, this.progress, number(Math.log(to / from)));
    const t = emit(writer, 'Exp', [emit(writer, 'Add', [growth, number(Math.log(from))])]);
    const k = emit(writer, 'Max', [emit(writer, 'Reciprocal', [t]), number(1)]);
    this.#ede = { t, k };
    return this.#ede;
  }
}

/** Binary weights: the value that layers read in place of the constant `name`, whose values are those before training. */
export function binaryWeights(
  signs: Signs,
  parameters: Parameters,
  form: WeightForm,
  name: string,
  value: TensorValue,
  axis: number,
): string {
  const { writer } = signs;
  const axes = integers(writer, 'axes', otherAxes(value.dims, axis));
  const mean = (x: string): string => emit(writer, 'ReduceMean', [x, axes], { keepdims: int(1) });
  if (form.kind === 'bop') {
    writer.editor.setConstant(name, signsOf(value));
    parameters.add(name, {
      optimizer: bop({ threshold: form.threshold }),
      rate: form.rate,
    });
    return name;
  }
  parameters.add(name, { within: [-1, 1] });
  if (form.kind === 'ternary') {
    const size = emit(writer, 'Abs', [name]);
    const threshold = multiply(writer, mean(size), scalar(writer, 'float32', form.share));
    const side = emitOwn(writer, 'Binarize', [emit(writer, 'Sub', [size, threshold])]);
    const mask = emit(writer, 'Relu', [side]);
    const sum = (x: string): string => emit(writer, 'ReduceSum', [x, axes], { keepdims: int(1) });
    const scale = emit(writer, 'Div', [sum(multiply(writer, size, mask)), sum(mask)]);
    const ternary = multiply(writer, multiply(writer, emit(writer, 'Sign', [name]), mask), scale);
    return emitOwn(writer, 'StraightThrough', [ternary, name]);
  }
  const latent = form.standardize ? standardized(writer, name, mean) : name;
  const sign = signs.of(latent, form.estimate);
  return scaled(writer, parameters, form.scale, { name, sign, latent, value, axis }, mean);
}

const signsOf = ({ dims, data }: TensorValue): TensorValue =>
  f32(
    dims,
    Float32Array.from(data as Float32Array, (v) => (v >= 0 ? 1 : -1)),
  );

const otherAxes = (dims: Dims, axis: number): number[] => dims.flatMap((_, i) => (i === axis ? [] : [i]));

/** (w - mean) / deviation of each filter. */
function standardized(writer: EditorWriter, name: string, mean: (x: string) => string): string {
  const centred = emit(writer, 'Sub', [name, mean(name)]);
  const variance = mean(multiply(writer, centred, centred));
  const guarded = emit(writer, 'Add', [variance, scalar(writer, 'float32', 1e-10)]);
  return emit(writer, 'Div', [centred, emit(writer, 'Sqrt', [guarded])]);
}

interface SignedWeights {
  readonly name: string;
  readonly sign: string;
  readonly latent: string;
  readonly value: TensorValue;
  readonly axis: number;
}

function scaled(
  writer: EditorWriter,
  parameters: Parameters,
  scale: Scale,
  { name, sign, latent, value, axis }: SignedWeights,
  mean: (x: string) => string,
): string {
  const meanSize = (): string => mean(emit(writer, 'Abs', [latent]));
  switch (scale) {
    case 'none':
      return sign;
    case 'mean':
      return multiply(writer, sign, meanSize());
    case 'power-of-two': {
      const exponent = multiply(
        writer,
        emit(writer, 'Log', [meanSize()]),
        scalar(writer, 'float32', Math.LOG2E),
      );
      const power = emit(writer, 'Pow', [scalar(writer, 'float32', 2), emit(writer, 'Round', [exponent])]);
      return multiply(writer, sign, power);
    }
    case 'learned':
      return multiply(writer, sign, parameters.add(writer.constant(`${name}/scale`, meanSizes(value, axis))));
  }
}

/** The mean of |w| over all axes but one, which keep size 1. */
function meanSizes({ dims, data }: TensorValue, axis: number): TensorValue {
  const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
  const sums = new Float64Array(dims[axis]!);
  (data as Float32Array).forEach((v, i) => {
    const channel = Math.floor(i / inner) % sums.length;
    sums[channel]! += Math.abs(v);
  });
  const each = data.length / sums.length;
  return f32(
    dims.map((d, i) => (i === axis ? d : 1)),
    Float32Array.from(sums, (s) => s / each),
  );
}

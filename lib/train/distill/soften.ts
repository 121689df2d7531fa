// Probabilities of teachers at a temperature, averaged over several teachers (Hinton et al. 2015, arXiv:1503.02531, section 4).
import { expected, KompaktError } from '../../errors.js';
import { f32, type TensorValue } from '../../tensor/tensor.js';

/** What a teacher answers to a batch. */
export interface Answer {
  /** [B,classes], or [B,1]: the score of yes. */
  readonly values: TensorValue;
  /** The values are probabilities and not logits: the teacher ends in Softmax, or in Sigmoid before one score. Rows may have another sum than 1, as rounding in
   *  a quantised teacher makes them. */
  readonly probabilities: boolean;
}

/** softmax(logits / temperature) by rows, the mean over all teachers. Probabilities count as their logarithms, which differ from
 *  logits by a constant a row. Of one score it is the sigmoid, and a probability p counts as log(p / (1 - p)). */
export function soften(answers: readonly Answer[], temperature: number): TensorValue {
  const { dims, data } = answers[0]!.values;
  const classes = dims.at(-1)!;
  const out = new Float32Array(data.length);
  for (const { values, probabilities } of answers) {
    if (values.data.length !== out.length)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(`${classes} classes as the first teacher has`, 'another teacher', values.dims.at(-1)),
      );
    const rows = values.data as Float32Array;
    if (classes === 1) {
      rows.forEach((v, i) => {
        const logit = probabilities ? log(v) - log(1 - v) : v;
        out[i]! += 1 / (1 + Math.exp(-logit / temperature)) / answers.length;
      });
      continue;
    }
    for (let at = 0; at < rows.length; at += classes) {
      const row = rows.subarray(at, at + classes);
      const logits = Float64Array.from(row, (v) => (probabilities ? log(v) : v));
      addSoftmax(logits, temperature, 1 / answers.length, out.subarray(at, at + classes));
    }
  }
  return f32(dims, out);
}

/** Least probability whose logarithm is taken. */
const least = 1e-12;

const log = (probability: number): number => Math.log(Math.max(probability, least));

function addSoftmax(logits: Float64Array, temperature: number, share: number, out: Float32Array): void {
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = logits.map((v) => Math.exp((v - most) / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  powers.forEach((v, i) => {
    out[i]! += (share * v) / total;
  });
}

// Probabilities of teachers at a temperature, averaged over several teachers (Hinton et al. 2015, arXiv:1503.02531, section 4).
import { expected, KompaktError } from '../../errors.js';
import { f32, type TensorValue } from '../../tensor/tensor.js';

/**
 * softmax(values / temperature) by rows, the mean over all teachers. `values` [B,classes] are logits; rows that are
 * probabilities already (not negative, of sum 1) count as their logarithms, which differ from logits by a constant a row.
 */
export function soften(answers: readonly TensorValue[], temperature: number): TensorValue {
  const { dims } = answers[0]!;
  const classes = dims.at(-1)!;
  const out = new Float32Array(answers[0]!.data.length);
  for (const answer of answers) {
    if (answer.data.length !== out.length)
      throw new KompaktError(
        'KPT_OPTION_INVALID',
        expected(`${classes} classes as the first teacher has`, 'another teacher', answer.dims.at(-1)),
      );
    const values = answer.data as Float32Array;
    for (let at = 0; at < values.length; at += classes)
      addSoftmax(
        values.subarray(at, at + classes),
        temperature,
        1 / answers.length,
        out.subarray(at, at + classes),
      );
  }
  return f32(dims, out);
}

function addSoftmax(row: Float32Array, temperature: number, share: number, out: Float32Array): void {
  const sum = row.reduce((a, b) => a + b, 0);
  const probabilities = Math.abs(sum - 1) < 1e-3 && row.every((v) => v >= 0);
  const logits = Float64Array.from(row, (v) => (probabilities ? Math.log(Math.max(v, 1e-12)) : v));
  const most = logits.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const powers = Float64Array.from(logits, (v) => Math.exp((v - most) / temperature));
  const total = powers.reduce((a, b) => a + b, 0);
  powers.forEach((v, i) => {
    out[i]! += (share * v) / total;
  });
}

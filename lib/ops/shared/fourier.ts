// The discrete Fourier transform of one line of complex numbers, as it is defined.

/** Interleaved real and imaginary parts of the first `bins` frequencies of `line`, which is interleaved too. */
export function fourier(line: Float64Array, bins: number, inverse: boolean): Float64Array {
  const n = line.length / 2;
  const turn = ((inverse ? 2 : -2) * Math.PI) / n;
  const cosines = Float64Array.from({ length: n }, (_, i) => Math.cos(i * turn));
  const sines = Float64Array.from({ length: n }, (_, i) => Math.sin(i * turn));
  const out = new Float64Array(2 * bins);
  for (let k = 0; k < bins; k++) {
    let [real, imaginary] = [0, 0];
    for (let t = 0; t < n; t++) {
      const angle = (k * t) % n;
      real += line[2 * t] * cosines[angle] - line[2 * t + 1] * sines[angle];
      imaginary += line[2 * t] * sines[angle] + line[2 * t + 1] * cosines[angle];
    }
    out[2 * k] = inverse ? real / n : real;
    out[2 * k + 1] = inverse ? imaginary / n : imaginary;
  }
  return out;
}

// Whether an output is what a conformance case wants.
const rtol = 1e-3;
const atol = 1e-6;

/** Outputs of these operators are random: only their type and shape can be checked. */
const randomOps = new Set([
  'Bernoulli',
  'Multinomial',
  'RandomNormal',
  'RandomNormalLike',
  'RandomUniform',
  'RandomUniformLike',
]);
export const isRandom = (ops) => ops.some((op) => randomOps.has(op));

/** null when `got` fits, else what is wrong. Sequences are arrays, optionals without a value null. */
export function difference(got, wanted, shapeOnly) {
  if (wanted === null) return got === null ? null : 'a value where none is wanted';
  if (Array.isArray(wanted)) {
    if (!Array.isArray(got) || got.length !== wanted.length)
      return `${got?.length} elements instead of ${wanted.length}`;
    return wanted.map((w, i) => difference(got[i], w, shapeOnly)).find((d) => d !== null) ?? null;
  }
  if (got === undefined || got === null) return 'no value';
  if (got.type !== wanted.type) return `type ${got.type} instead of ${wanted.type}`;
  if (got.dims.join() !== wanted.dims.join()) return `shape [${got.dims}] instead of [${wanted.dims}]`;
  if (shapeOnly) return null;
  const half = wanted.type === 'float16';
  for (let i = 0; i < wanted.data.length; i++) {
    const [a, b] = [got.data[i], wanted.data[i]];
    if (!close(half ? halfToNumber(a) : a, half ? halfToNumber(b) : b))
      return `element ${i} is ${a} instead of ${b}`;
  }
  return null;
}

function close(a, b) {
  if (a === b) return true;
  if (typeof b === 'string') return false;
  const [x, y] = [Number(a), Number(b)];
  if (Number.isNaN(y)) return Number.isNaN(x);
  if (!Number.isFinite(y)) return false;
  return Math.abs(x - y) <= atol + rtol * Math.abs(y);
}

function halfToNumber(bits) {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}

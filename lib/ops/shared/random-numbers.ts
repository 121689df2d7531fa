// Random numbers: the Mersenne Twister MT19937 (Matsumoto and Nishimura, 1998) seeded as NumPy's RandomState seeds it, so
// that a seed gives the numbers that ONNX's own examples have. Without a seed the numbers differ from run to run.
import type { Node } from '../../graph/graph.js';
import { floatAttr } from '../op.js';

const size = 624;

/** Uniform doubles in [0,1) with 53 random bits. */
export function uniformNumbers(seed: number): () => number {
  const state = new Uint32Array(size);
  state[0] = seed;
  for (let i = 1; i < size; i++) {
    const previous = state[i - 1] ^ (state[i - 1] >>> 30);
    state[i] = Math.imul(1812433253, previous) + i;
  }
  let at = size;
  const refill = (): void => {
    for (let i = 0; i < size; i++) {
      const y = (state[i] & 0x80000000) | (state[(i + 1) % size] & 0x7fffffff);
      state[i] = state[(i + 397) % size] ^ (y >>> 1) ^ (y & 1 ? 0x9908b0df : 0);
    }
    at = 0;
  };
  const next = (): number => {
    if (at === size) refill();
    let y = state[at++];
    y ^= y >>> 11;
    y ^= (y << 7) & 0x9d2c5680;
    y ^= (y << 15) & 0xefc60000;
    return (y ^ (y >>> 18)) >>> 0;
  };
  return () => {
    const high = next() >>> 5;
    const low = next() >>> 6;
    return (high * 67108864 + low) / 9007199254740992;
  };
}

/** Normal numbers of mean 0 and deviation 1 from uniform ones (Box and Muller, 1958). */
export const normalNumbers = (uniform: () => number) => (): number =>
  Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());

/** The uniform numbers of a node: from its attribute `seed`, an integer or a float, if it has one. */
export function seededNumbers(node: Node): () => number {
  const seed = node.attributes.seed;
  if (seed === undefined) return uniformNumbers(Math.floor(Math.random() * 2 ** 32));
  return uniformNumbers(seed.type === 'int' ? seed.value : Math.trunc(floatAttr(node, 'seed')));
}

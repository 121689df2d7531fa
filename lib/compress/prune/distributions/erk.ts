import type { Dims } from '../../../tensor/shape.js';
import { type Distribution, wholeShares } from '../distribution.js';

/** (nIn + nOut + kH + kW) / (nIn * nOut * kH * kW). */
const densityOf = (dims: Dims): number =>
  dims.reduce((sum, d) => sum + d, 0) / dims.reduce((product, d) => product * d, 1);

export const erk: Distribution = {
  name: 'erk',
  summary: 'more of large layers than of small ones, by their dimensions alone',
  source:
    'Evci et al. 2020, arXiv:1911.11134, section 3 (Erdős-Rényi-Kernel). Layers whose density would pass 1 stay dense, and the others make up for them.',
  zerosOf: (layers, zeros) => {
    const sizes = layers.map(({ values }) => values.length);
    let left = sizes.reduce((sum, size) => sum + size, 0) - zeros;
    const dense = new Set<number>();
    for (;;) {
      const others = [...sizes.keys()].filter((i) => !dense.has(i));
      const raw = others.reduce((sum, i) => sum + sizes[i]! * densityOf(layers[i]!.dims), 0);
      const full = others.filter((i) => (left / raw) * densityOf(layers[i]!.dims) >= 1);
      if (full.length === 0 || others.length === full.length) {
        const shares = sizes.map((size, i) =>
          dense.has(i) || raw === 0 ? 0 : size * (1 - Math.min(1, (left / raw) * densityOf(layers[i]!.dims))),
        );
        return wholeShares(shares, sizes, zeros);
      }
      for (const i of full) {
        dense.add(i);
        left -= sizes[i]!;
      }
    }
  },
};

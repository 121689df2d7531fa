// What a product with constant weights reads, as the rows of a matrix: at each position of the output the weights of one
// channel are multiplied by one row. Convolutions read windows (im2col), matrix products what lies along the last axis.
import type { Dims } from '../../tensor/shape.js';
import { sizeOf } from '../../tensor/shape.js';
import type { ConvGeometry } from './convolution.js';

export interface ProductRows {
  /** Products side by side, each with rows of its own. */
  readonly groups: number;
  /** Elements of a row: as many as weights of one output channel, in their order. */
  readonly depth: number;
  /** Rows of each group: positions of the output. */
  readonly count: number;
  /** Axis of the output along which its channels lie; all others together are the positions. */
  readonly channelAxis: number;
  /** Copies a row to `to` from index `at` on; padding is 0. `values`: the activation, row-major. */
  readonly copy: (values: Float32Array, group: number, row: number, to: Float32Array, at: number) => void;
}

/** x [..., K]. */
export function vectorRows(x: Dims): ProductRows {
  const depth = x[x.length - 1]!;
  const count = sizeOf(x.slice(0, -1));
  return {
    groups: 1,
    depth,
    count,
    channelAxis: x.length - 1,
    copy: (values, _group, row, to, at) => to.set(values.subarray(row * depth, (row + 1) * depth), at),
  };
}

/** x [N,C,spatial...], rows of C/g * kernel elements. */
export function windowRows({ window, batch, groups, channels }: ConvGeometry): ProductRows {
  const { kernel, strides, dilations, padsBegin, input, output } = window;
  const taps = sizeOf(kernel);
  const plane = sizeOf(input);
  const positions = sizeOf(output);
  /** Where each tap of the position `placed` reads in a plane; -1 in the padding. */
  const places = new Int32Array(taps);
  let placed = -1;
  const place = (position: number): void => {
    for (let tap = 0; tap < taps; tap++) {
      let [p, t, stride, found] = [position, tap, 1, 0];
      for (let axis = input.length - 1; axis >= 0; axis--) {
        const out = p % output[axis]!;
        const k = t % kernel[axis]!;
        p = (p - out) / output[axis]!;
        t = (t - k) / kernel[axis]!;
        const i = out * strides[axis]! + k * dilations[axis]! - padsBegin[axis]!;
        if (i < 0 || i >= input[axis]!) found = -1;
        if (found >= 0) found += i * stride;
        stride *= input[axis]!;
      }
      places[tap] = found;
    }
  };
  return {
    groups,
    depth: channels * taps,
    count: batch * positions,
    channelAxis: 1,
    copy(values, group, row, to, at) {
      const position = row % positions;
      const image = (row - position) / positions;
      if (position !== placed) place(position);
      placed = position;
      let from = (image * groups + group) * channels * plane;
      let next = at;
      for (let c = 0; c < channels; c++, from += plane)
        for (let tap = 0; tap < taps; tap++) to[next++] = places[tap]! < 0 ? 0 : values[from + places[tap]!]!;
    },
  };
}

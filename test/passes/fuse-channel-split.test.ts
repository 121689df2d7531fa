import { attr } from '../../lib/graph/attribute.js';
import { fuseChannelSplit } from '../../lib/passes/fuse-channel-split.js';
import { i64 } from '../../lib/tensor/tensor.js';
import { checkPass, TestGraph } from '../helpers/check-pass.js';

/** The shuffle of `dims` into `parts`, then the parts chosen by `indices`. */
function shuffled(
  dims: readonly number[],
  parts: number,
  indices: readonly number[],
  perm: readonly number[] = [1, 0, 2],
) {
  const g = new TestGraph(dims);
  const [batch, channels, ...spatial] = dims as [number, number, ...number[]];
  const size = (batch * channels) / parts;
  const shape = (...to: number[]) => g.constant('shape', i64(to));
  const grouped = g.op('Reshape', [
    g.x,
    shape(
      size,
      parts,
      spatial.reduce((a, b) => a * b, 1),
    ),
  ]);
  const swapped = g.op('Transpose', [grouped], { perm: attr.ints(perm) });
  const apart = g.op('Reshape', [swapped, shape(parts, -1, channels / parts, ...spatial)]);
  const picked = indices.map((i) =>
    g.op('Gather', [apart, g.constant('i', { ...i64([i]), dims: [] })], { axis: attr.int(0) }),
  );
  return g.done(...picked);
}

describe('fuse-channel-split', () => {
  it.each([
    [[1, 8, 3, 5], 2, [0, 1]],
    [[1, 9, 4], 3, [2, -3]],
  ])('the parts of a shuffled %j become slices', (dims, parts, indices) => {
    expect(checkPass(fuseChannelSplit, shuffled(dims, parts, indices), 0).ops).toEqual(['Slice', 'Slice']);
  });

  it('leaves several images alone', () => {
    expect(checkPass(fuseChannelSplit, shuffled([2, 8, 3, 5], 2, [0, 1]), 0).ops).toContain('Gather');
  });

  it('leaves other permutations alone', () => {
    const graph = shuffled([1, 4, 2, 2], 2, [0], [0, 1, 2]);
    expect(checkPass(fuseChannelSplit, graph, 0).ops).toContain('Transpose');
  });
});

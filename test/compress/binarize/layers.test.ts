import { chooseLayers } from '../../../lib/compress/binarize/layers.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { readInBodies } from '../../helpers/read-in-bodies.js';

test('a layer whose output only a body reads is not the last, and what follows it not the first', () => {
  const g = new TestGraph([1, 3, 8, 8]);
  const first = g.conv(g.x, 4, 3);
  const second = g.conv(readInBodies(g, first), 4, 4);
  const graph = g.done(g.conv(second, 2, 4));
  const { binary, kept } = chooseLayers(
    graph,
    { first: 'keep', last: 'keep', keep: [], keepSensitive: 0 },
    'binary',
  );
  const [, middle] = graph.nodes.filter(({ op }) => op === 'Conv');
  expect(binary.map(({ node }) => node)).toEqual([middle!.name]);
  expect(kept.map(({ why }) => why)).toEqual(['the first layer', 'the last layer']);
});

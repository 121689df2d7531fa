import { runReference, runReferenceFully } from '../../lib/run/reference.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { TestGraph } from '../helpers/check-pass.js';

describe('runReference', () => {
  const g = new TestGraph([3]);
  const relu = g.op('Relu', [g.x]);
  const y = g.op('Add', [relu, g.number(1)]);
  const graph = g.done(y);
  const feeds = new Map([['x', f32([3], [-1, 0, 2])]]);

  it('answers with the outputs', () => {
    const outputs = runReference(graph, feeds);
    expect([...outputs.keys()]).toEqual([y]);
    expect(outputs.get(y)!.data).toEqual(Float32Array.of(1, 1, 3));
  });

  it('answers with every value on demand', () => {
    expect(runReferenceFully(graph, feeds).get(relu)!.data).toEqual(Float32Array.of(0, 0, 2));
  });

  it('names the input that was not fed', () => {
    expect(() => runReference(graph, new Map())).toThrow(
      expect.objectContaining({ code: 'KPT_INPUT_MISSING', message: expect.stringContaining("'x'") }),
    );
  });
});

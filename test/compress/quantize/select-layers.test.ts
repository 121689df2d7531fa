import { quantize } from '../../../lib/compress/quantize/quantize.js';
import { TestGraph } from '../../helpers/check-pass.js';
import { onnxruntimeExecutor } from '../../helpers/onnxruntime-executor.js';
import { quantizedNoise, smallPictures } from '../../helpers/quantized-noise.js';

describe('functions of one value in a row', () => {
  it('of the graph input, as (x - mean) / std, are one table before the first convolution', async () => {
    const g = new TestGraph([1, 3, 8, 8]);
    const normal = g.op('Div', [g.op('Sub', [g.x, g.number(0.3)]), g.number(0.5)]);
    const { model, sqnr } = await quantizedNoise(g.done(g.conv(normal)));
    expect(sqnr).toBeGreaterThan(30);
    const ops = model.nodes.map(({ op }) => op).join(' ');
    expect(ops).toMatch(/^QuantizeLinear DequantizeLinear Sub Div QuantizeLinear DequantizeLinear .*Conv/);
  });

  it.each(['before', 'behind'])('may be thousands, %s a convolution', async (place) => {
    const g = new TestGraph([1, 3, 8, 8]);
    let value = place === 'behind' ? g.conv(g.x, 3) : g.x;
    for (let i = 0; i < 3000; i++)
      value = i % 2 === 0 ? g.op('Max', [value, g.number(-9)]) : g.op('Min', [value, g.number(9)]);
    const { model } = await quantize(
      g.done(place === 'behind' ? value : g.conv(value)),
      {},
      { data: smallPictures, executor: onnxruntimeExecutor },
    );
    expect(model.nodes.length).toBeGreaterThan(3000);
  });

  it('that read their operand twice are looked at once each', async () => {
    const g = new TestGraph([1, 3, 8, 8]);
    let value = g.conv(g.x, 3);
    for (let i = 0; i < 60; i++) value = g.op('Max', [value, value]);
    expect((await quantizedNoise(g.done(g.conv(value)))).sqnr).toBeGreaterThan(30);
  });
});

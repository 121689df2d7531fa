// Tensors of programs and the values that they are.
import { Tensor } from 'onnxruntime-common';
import { attr } from '../../lib/graph/attribute.js';
import { GraphBuilder } from '../../lib/graph/builder.js';
import { Model } from '../../lib/model/model.js';
import { InferenceSession } from '../../lib/session/session.js';

describe('float16', () => {
  const net = async (): Promise<InferenceSession> => {
    const g = new GraphBuilder();
    const dims = { x: [2, 3], y: [3, 2] };
    g.input('x', 'float16', dims.x);
    g.node('Transpose', ['x'], { perm: attr.ints([1, 0]) }, { outputs: ['y'] });
    g.output('y', 'float16', dims.y);
    return InferenceSession.create(new Model(g.build()).toBytes());
  };
  const bits = Uint16Array.of(0x3c00, 0xbc00, 0x4000, 0x4200, 0x4400, 0x4500);
  const turned = [0x3c00, 0x4200, 0xbc00, 0x4400, 0x4000, 0x4500];
  const bitsOf = ({ buffer, byteOffset, length }: Uint16Array): readonly number[] =>
    Array.from(new Uint16Array(buffer, byteOffset, length));

  // Of Node 24 on these hold a Float16Array, whose numbers are not its bits.
  test('goes in and comes out as bits or as a Float16Array, whichever JavaScript has', async () => {
    const session = await net();
    const x = new Tensor('float16', bits, [2, 3]);
    const y = new Tensor('float16', new Uint16Array(6), [3, 2]);
    for (const result of [
      await session.run({ x }),
      session.runSync({ x }),
      await session.run({ x }, { y }),
    ]) {
      expect(result.y!.data).toBeInstanceOf(x.data.constructor);
      expect(bitsOf(result.y!.data as Uint16Array)).toEqual(turned);
    }
    expect(bitsOf(y.data as Uint16Array)).toEqual(turned);
    const given = { type: 'float16', dims: [3, 2], data: new Uint16Array(6) } as unknown as Tensor;
    expect(bitsOf((await session.run({ x }, { y: given })).y!.data as Uint16Array)).toEqual(turned);
    expect(bitsOf(session.runSync({ x: { ...x, data: bits } as Tensor }).y!.data as Uint16Array)).toEqual(
      turned,
    );
  });
});

// Opsets 1 to 6. onnxruntime has few of these forms, so most are compared with the modern form of the same sum.
import { attr } from '../../../lib/graph/attribute.js';
import { Model } from '../../../lib/model/model.js';
import { runReference } from '../../../lib/run/reference.js';
import { f32, i64, toNumbers } from '../../../lib/tensor/tensor.js';
import { type FileOptions, onnxFile, ramp, runInOrt } from '../../helpers/onnx-file.js';
import { oneNode, testUpgrades, x234 } from '../../helpers/upgrade-case.js';

testUpgrades([
  oneNode('Relu', 6, ['Relu'], { op: 'Relu' }),
  oneNode('Selu', 6, ['Selu'], { op: 'Selu' }),
  oneNode('Elu', 6, ['Elu'], { op: 'Elu', attributes: { alpha: attr.float(0.5) } }),
  oneNode('Clip', 6, ['Clip'], { op: 'Clip', attributes: { max: attr.float(1) } }),
]);

const constants = { b: f32([3], [10, 20, 30]), slope: f32([3], [0.1, 0.2, 0.3]) };
const build = (opset: number, nodes: FileOptions['nodes'], more: Partial<FileOptions> = {}) =>
  onnxFile({ opset, inputs: x234, constants, nodes, outputs: { y: 'float32' }, ...more });

/** An old file and a modern file that must agree; the raised file is also run by onnxruntime. */
test.each<[string, Uint8Array, Uint8Array]>([
  [
    'Add along axis 1',
    build(6, [
      {
        op: 'Add',
        inputs: ['x', 'b'],
        outputs: ['y'],
        attributes: { broadcast: attr.int(1), axis: attr.int(1) },
      },
    ]),
    build(13, [{ op: 'Add', inputs: ['x', 'column'], outputs: ['y'] }], {
      constants: { column: f32([3, 1], [10, 20, 30]) },
    }),
  ],
  [
    'PRelu with a slope per channel',
    build(6, [{ op: 'PRelu', inputs: ['x', 'slope'], outputs: ['y'] }]),
    build(13, [{ op: 'PRelu', inputs: ['x', 'column'], outputs: ['y'] }], {
      constants: { column: f32([3, 1], [0.1, 0.2, 0.3]) },
    }),
  ],
  [
    'Reshape by attribute',
    build(1, [
      {
        op: 'Reshape',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { shape: attr.ints([4, -1]), consumed_inputs: attr.ints([0]) },
      },
    ]),
    build(13, [{ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }], { constants: { s: i64([4, -1]) } }),
  ],
  [
    'Pad with paddings',
    build(1, [
      {
        op: 'Pad',
        inputs: ['x'],
        outputs: ['y'],
        attributes: { paddings: attr.ints([0, 1, 0, 0, 0, 2]), value: attr.float(3) },
      },
    ]),
    build(13, [{ op: 'Pad', inputs: ['x', 'p', 'v'], outputs: ['y'] }], {
      constants: { p: i64([0, 1, 0, 0, 0, 2]), v: f32([], [3]) },
    }),
  ],
  [
    'Concat along the axis that was the default',
    build(3, [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['y'] }]),
    build(13, [{ op: 'Concat', inputs: ['x', 'x'], outputs: ['y'], attributes: { axis: attr.int(1) } }]),
  ],
  [
    'Cast to a type by name, and a Gemm that broadcasts',
    build(
      5,
      [
        { op: 'Cast', inputs: ['m'], outputs: ['c'], attributes: { to: attr.string('FLOAT') } },
        { op: 'Gemm', inputs: ['c', 'c', 'b'], outputs: ['y'], attributes: { broadcast: attr.int(1) } },
      ],
      { inputs: { m: ramp('float64', [3, 3]) } },
    ),
    build(
      13,
      [
        { op: 'Cast', inputs: ['m'], outputs: ['c'], attributes: { to: attr.int(1) } },
        { op: 'Gemm', inputs: ['c', 'c', 'b'], outputs: ['y'] },
      ],
      { inputs: { m: ramp('float64', [3, 3]) } },
    ),
  ],
])('%s', async (_, old, modern) => {
  const [raised, wanted] = await Promise.all([Model.load(old), Model.load(modern)]);
  const name = raised.graph.inputs[0]!.name;
  const x = name === 'm' ? ramp('float64', [3, 3]) : x234.x;
  const results = [raised, wanted].map((model) => runReference(model.graph, new Map([[name, x]])).get('y')!);
  expect(results[0]).toEqual(results[1]);
  const viaOrt = await runInOrt(raised.toBytes(), { [name]: x });
  expect([...viaOrt.y!.dims]).toEqual([...results[1]!.dims]);
  toNumbers(results[1]!).forEach((v, i) => {
    expect(viaOrt.y!.values[i]).toBeCloseTo(v, 4);
  });
});

test('Tile with an axis is refused', async () => {
  const file = build(1, [{ op: 'Tile', inputs: ['x', 'b', 'b'], outputs: ['y'] }]);
  await expect(Model.load(file)).rejects.toMatchObject({ code: 'KPT_ONNX_UNSUPPORTED' });
});

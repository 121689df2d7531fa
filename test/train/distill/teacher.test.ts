// Teachers answer for a whole batch, whatever batch size and input shape they were made for.
import { attr } from '../../../lib/graph/attribute.js';
import { GraphBuilder } from '../../../lib/graph/builder.js';
import { Model } from '../../../lib/model/model.js';
import { type DType, dtypes } from '../../../lib/tensor/dtype.js';
import { f32, fromNumbers, toNumbers } from '../../../lib/tensor/tensor.js';
import { Teacher } from '../../../lib/train/distill/teacher.js';

/** y = relu(-x) * 2 with an inner value. */
function model(dims: (number | string)[], dtype: DType = 'float32'): Model {
  const g = new GraphBuilder('teacher');
  const x = g.input('image', 'float32', dims);
  const [cast] = dtype === 'float32' ? [x] : g.node('Cast', [x], { to: attr.int(dtypes[dtype].onnx) });
  const [inner] = g.node('Relu', g.node('Neg', [cast!]), {}, { outputs: ['inner'] });
  const two = g.constant('two', fromNumbers(dtype, [], [2]));
  const [y] = g.node('Mul', [inner!, two], {}, { outputs: ['y'] });
  g.output(y!, dtype);
  return new Model(g.build());
}

const x = f32([4, 1, 1, 3], [1, -2, 3, -4, 5, -6, 7, -8, 9, -10, 11, -12]);
const expected = [0, 4, 0, 8, 0, 12, 0, 16, 0, 20, 0, 24];

test.each([
  ['a free batch', ['N', 1, 1, 3]],
  ['a fixed batch of one', [1, 1, 1, 3]],
  ['a fixed batch of two', [2, 1, 1, 3]],
  ['a flat input', ['N', 3]],
])('%s', async (_, dims) => {
  const teacher = new Teacher(model(dims), ['inner'], 1);
  try {
    const answers = await teacher.answer([x]);
    expect([...answers.keys()].sort()).toEqual(['inner', 'y']);
    expect(answers.get('y')!.dims[0]).toBe(4);
    expect([...toNumbers(answers.get(teacher.output)!)]).toEqual(expected);
    expect([...toNumbers(answers.get('inner')!)]).toEqual(expected.map((v) => v / 2));
  } finally {
    teacher.release();
  }
});

test.each([
  ['float16', 'N'],
  ['float64', 'N'],
  ['float16', 2],
  ['float64', 2],
] as const)('a teacher that computes in %s answers in float32, batch %s', async (dtype, batch) => {
  const teacher = new Teacher(model([batch, 1, 1, 3], dtype), ['inner'], 1);
  try {
    const answers = await teacher.answer([x]);
    expect(answers.get('y')).toEqual(f32([4, 1, 1, 3], expected));
    expect(answers.get('inner')).toEqual(
      f32(
        [4, 1, 1, 3],
        expected.map((v) => v / 2),
      ),
    );
  } finally {
    teacher.release();
  }
});

test('values that it does not have, inputs that do not match', async () => {
  expect(() => new Teacher(model(['N', 3]), ['nowhere'], 1)).toThrow(
    expect.objectContaining({ code: 'KPT_OPTION_INVALID', message: expect.stringContaining('nowhere') }),
  );
  for (const [dims, inputs] of [
    [
      ['N', 3],
      [x, x],
    ],
    [[3, 1, 1, 3], [x]],
  ] as const) {
    const teacher = new Teacher(model([...dims]), [], 1);
    await expect(teacher.answer(inputs)).rejects.toMatchObject({ code: 'KPT_OPTION_INVALID' });
    teacher.release();
  }
});

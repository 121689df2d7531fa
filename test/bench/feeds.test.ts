import { concreteShapes, randomFeeds, shapeExample } from '../../lib/bench/feeds.js';

const image = { name: 'x', type: 'float32', shape: ['N', 3, 'H', 'W'] };
const fixed = { name: 'ids', type: 'int64', shape: ['N', 7] };

test('a free first dimension is 1, others must be given', () => {
  expect([...concreteShapes([fixed], {})]).toEqual([['ids', [1, 7]]]);
  expect(() => concreteShapes([image], {})).toThrow(/--shape x=/);
  expect([...concreteShapes([image], { x: [2, 3, 8, 9] })]).toEqual([['x', [2, 3, 8, 9]]]);
});

test('the error gives an example to copy, which fits', () => {
  expect(() => concreteShapes([image], {})).toThrow(/ --shape x=1,3,224,224\.$/);
  const inputs = [
    image,
    fixed,
    { name: 'input ids', type: 'int64', shape: ['N', 'length'] },
    { name: 'pixels', type: 'uint8', shape: ['N', 'H', 'W', 3] },
    { name: 'features', type: 'float32', shape: ['N', 'C', 'H', 32] },
  ];
  const example = shapeExample(inputs, {})!;
  expect(example).toBe(
    "--shape x=1,3,224,224 --shape 'input ids=1,128' --shape pixels=1,224,224,3 --shape features=1,3,224,32",
  );
  const shapes = Object.fromEntries(
    [...example.matchAll(/--shape '?([\w ]+)=([\d,]+)/g)].map(([, name, dims]) => [
      name!,
      dims!.split(',').map(Number),
    ]),
  );
  expect(shapeExample(inputs, shapes)).toBeNull();
  expect(concreteShapes(inputs, shapes).size).toBe(5);
});

test.each([[[1, 4, 8, 8]], [[1, 3, 8]]])('shape %j does not fit [N,3,H,W]', (dims) => {
  expect(() => concreteShapes([image], { x: dims })).toThrow(
    expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }),
  );
});

test('an input without a declared shape takes any, and needs one; a scalar has one', () => {
  const anything = { name: 'x', type: 'float32', shape: [], undeclared: true } as const;
  const scalar = { name: 'x', type: 'float32', shape: [] };
  for (const dims of [[2, 2], [4], []]) expect(concreteShapes([anything], { x: dims }).get('x')).toBe(dims);
  expect(() => concreteShapes([anything], {})).toThrow(/no declared shape.* --shape x=1,3,224,224\.$/);
  expect(shapeExample([anything], {})).toBe('--shape x=1,3,224,224');
  expect(shapeExample([anything], { x: [2, 2] })).toBeNull();

  expect([...concreteShapes([scalar], {})]).toEqual([['x', []]]);
  expect(() => concreteShapes([scalar], { x: [2, 2] })).toThrow(/Expected shape \[\]/);
  const either = { ...scalar, undeclared: 'perhaps' } as const;
  expect([...concreteShapes([either], {})]).toEqual([['x', []]]);
  expect(concreteShapes([either], { x: [2, 2] }).get('x')).toEqual([2, 2]);
});

test('an unknown name is an error that names the inputs', () => {
  expect(() => concreteShapes([image], { y: [1] })).toThrow(
    expect.objectContaining({ code: 'KPT_INPUT_UNKNOWN', message: expect.stringContaining("are 'x'") }),
  );
});

test('the same seed gives the same feeds; floats lie in [-1, 1), integers are 0 or 1', () => {
  const shapes = concreteShapes([image, fixed], { x: [1, 3, 5, 4] });
  const feeds = randomFeeds([image, fixed], shapes);
  expect(feeds.x!.dims).toEqual([1, 3, 5, 4]);
  const floats = feeds.x!.data as Float32Array;
  expect(floats.every((v) => v >= -1 && v < 1)).toBe(true);
  expect(new Set(floats).size).toBeGreaterThan(50);
  expect([...(feeds.ids!.data as BigInt64Array)].every((v) => v === 0n || v === 1n)).toBe(true);
  expect(randomFeeds([image, fixed], shapes).x!.data).toEqual(floats);
  expect(randomFeeds([image, fixed], shapes, 2).x!.data).not.toEqual(floats);
});

test('strings cannot be made up', () => {
  const text = { name: 't', type: 'string', shape: [1] };
  expect(() => randomFeeds([text], concreteShapes([text], {}))).toThrow(
    expect.objectContaining({ code: 'KPT_TYPE_MISMATCH' }),
  );
});

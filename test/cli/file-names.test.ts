import { fileNames } from '../../lib/cli/file-names.js';

test.each([
  [
    ['logits', 'a.b-c_1'],
    ['logits', 'a.b-c_1'],
  ],
  [
    ['model/dense/Softmax:0', '../../x'],
    ['model_dense_Softmax_0', '.._.._x'],
  ],
  // Who needs no other name keeps its own, whoever comes first.
  [
    ['y:0', 'y/0', 'y_0'],
    ['y_0_2', 'y_0_3', 'y_0'],
  ],
  [
    ['y:0', 'y_0', 'y_0_2'],
    ['y_0_3', 'y_0', 'y_0_2'],
  ],
  [
    ['Y', 'y'],
    ['Y', 'y_2'],
  ],
  [
    ['框', '类'],
    ['_', '__2'],
  ],
])('files of the outputs %j', (outputs, files) => {
  const names = fileNames(outputs);
  expect(outputs.map((name) => names.get(name))).toEqual(files);
});

test('long names are cut, and still differ', () => {
  const outputs = ['a', 'b'].map((end) => 'x'.repeat(400) + end);
  const files = [...fileNames(outputs).values()];
  expect(new Set(files).size).toBe(2);
  for (const file of files) expect(file.length).toBeLessThan(200);
});

import { missingLabel } from '../../lib/train/missing-label.js';

test('it names the sample and says how to give labels', () => {
  expect(() => missingLabel("'photos/1.jpg'", 'the loss')).toThrow(
    expect.objectContaining({
      code: 'KPT_INPUT_MISSING',
      message: expect.stringMatching(
        /^Sample 'photos\/1\.jpg' has no label, and the loss .+idx:IMAGES,LABELS.+sub-folders/,
      ),
    }),
  );
});

import { Tensor } from 'onnxruntime-common';
import { answersOf, compareAnswers } from '../../lib/explain/answers.js';
import { GraphBuilder } from '../../lib/graph/builder.js';

const answers = (labels: number[], chosen: number[], confidence: number[]) => ({
  labels,
  chosen,
  confidence,
});

test('counts, classes, flips', () => {
  const labels = [0, 0, 1, 1, 1, 2];
  const report = compareAnswers(
    answers(labels, [0, 0, 1, 1, 2, 0], [1, 1, 1, 1, 1, 1]),
    answers(labels, [0, 1, 1, 0, 1, 0], [1, 1, 1, 1, 1, 1]),
  );
  expect(report).toMatchObject({ samples: 6, originalOnly: 2, compressedOnly: 1, p: 1 });
  expect(report.original.share).toBeCloseTo(4 / 6);
  expect(report.agreement.share).toBe(0.5);
  expect(report.classes[0]).toEqual({ label: 0, samples: 2, original: 1, compressed: 0.5 });
  expect(report.flips).toEqual([
    { from: 0, to: 1, samples: 1, lost: 1, won: 0 },
    { from: 1, to: 0, samples: 1, lost: 1, won: 0 },
    { from: 2, to: 1, samples: 1, lost: 0, won: 1 },
  ]);
  expect(report.original.low).toBeLessThan(4 / 6);
});

test('calibration error weighs the gap of each bin by its samples', () => {
  // Bin of 0.95: 3 of 4 right, gap 0.2. Bin of 0.55: 1 of 2 right, gap 0.05.
  const sure = answers([0, 0, 0, 0, 0, 0], [0, 0, 0, 1, 0, 1], [0.95, 0.95, 0.95, 0.95, 0.55, 0.55]);
  const { confidence } = compareAnswers(sure, sure);
  expect(confidence.original.calibrationError).toBeCloseTo((4 * 0.2 + 2 * 0.05) / 6, 10);
  expect(confidence.original.right).toBeCloseTo((3 * 0.95 + 0.55) / 4, 10);
  expect(confidence.original.wrong).toBeCloseTo((0.95 + 0.55) / 2, 10);
});

test('one score says yes or no', async () => {
  const g = new GraphBuilder();
  const [y] = g.node('Sigmoid', [g.input('x', 'float32', ['N', 1])]);
  g.output(y!, 'float32', ['N', 1]);
  const samples = [-2, 1, 3].map((x, label) => ({
    feeds: { x: new Tensor('float32', [x], [1, 1]) },
    label: Math.min(1, label),
  }));
  const { labels, chosen, confidence } = await answersOf(g.build(), samples);
  expect([labels, chosen]).toEqual([
    [0, 1, 1],
    [0, 1, 1],
  ]);
  [2, 1, 3].forEach((x, i) => {
    expect(confidence[i]).toBeCloseTo(1 / (1 + Math.exp(-x)), 5);
  });
});

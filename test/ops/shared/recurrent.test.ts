// LSTM, GRU and RNN against onnxruntime: directions, layouts, lengths, peepholes, activations.
import { attr } from '../../../lib/graph/attribute.js';
import { tensor } from '../../../lib/tensor/tensor.js';
import { expectLikeOrt, infer, noise, type OneNode } from '../../helpers/run-reference.js';

const [steps, batch, input, hidden] = [4, 3, 5, 6];

interface Kind {
  readonly op: string;
  readonly gates: number;
  readonly states: number;
}

const kinds: readonly Kind[] = [
  { op: 'RNN', gates: 1, states: 1 },
  { op: 'GRU', gates: 3, states: 1 },
  { op: 'LSTM', gates: 4, states: 2 },
];

function node(
  { op, gates, states }: Kind,
  directions: number,
  attributes = {},
  extra: OneNode['inputs'] = [],
): OneNode {
  const weights = [
    noise('float32', [directions, gates * hidden, input], 2),
    noise('float32', [directions, gates * hidden, hidden], 3),
    noise('float32', [directions, 2 * gates * hidden], 4),
  ];
  const inputs = [noise('float32', [steps, batch, input]), ...weights, ...extra];
  return { op, attributes: { hidden_size: attr.int(hidden), ...attributes }, inputs, outputs: states + 1 };
}

const initial = (states: number, directions: number) =>
  Array.from({ length: states }, (_, i) => noise('float32', [directions, batch, hidden], 5 + i));

describe.each(kinds)('$op', (kind) => {
  test.each(['forward', 'reverse', 'bidirectional'])('%s', async (direction) => {
    const directions = direction === 'bidirectional' ? 2 : 1;
    const attributes = { direction: attr.string(direction) };
    await expectLikeOrt(node(kind, directions, attributes), 1e-5);
    const lengths = tensor('int32', [batch], Int32Array.of(2, 4, 1));
    await expectLikeOrt(
      node(kind, directions, attributes, [lengths, ...initial(kind.states, directions)]),
      1e-5,
    );
  });

  test('only the final state', async () => {
    await expectLikeOrt({ ...node(kind, 1), outputs: [false, true] }, 1e-5);
  });

  test('clip', async () => {
    await expectLikeOrt(node(kind, 1, { clip: attr.float(0.5) }), 1e-5);
  });

  test('says what does not fit', () => {
    const wrong = node(kind, 1, { hidden_size: attr.int(7) });
    expect(() => infer(wrong)).toThrow(expect.objectContaining({ code: 'KPT_SHAPE_MISMATCH' }));
    const unknown = node(kind, 1, { direction: attr.string('sideways') });
    expect(() => infer(unknown)).toThrow(expect.objectContaining({ code: 'KPT_ATTRIBUTE_INVALID' }));
  });
});

test('LSTM with peepholes', async () => {
  const peepholes = noise('float32', [1, 3 * hidden], 9);
  await expectLikeOrt(node(kinds[2], 1, {}, [null, ...initial(2, 1), peepholes]), 1e-5);
});

test('GRU with linear_before_reset', async () => {
  await expectLikeOrt(
    node(kinds[1], 2, { linear_before_reset: attr.int(1), direction: attr.string('bidirectional') }),
    1e-5,
  );
});

test('activations with parameters', async () => {
  const attributes = {
    activations: attr.strings(['HardSigmoid', 'Softsign', 'LeakyRelu']),
    activation_alpha: attr.floats([0.3, 0.1]),
    activation_beta: attr.floats([0.4]),
  };
  await expectLikeOrt(node(kinds[2], 1, attributes), 1e-5);
});

// Which element types each operator takes, found by asking its own inference: a specimen of its inputs is tried with every
// type. Most operators are content with tensors of one element; those that want more stand in the list.
import './typescript.mjs';

const { ops } = await import('../lib/ops/index.ts');
const { dtypes } = await import('../lib/tensor/dtype.ts');

/** Inputs as type and dims, `t` being the type that is tried; - is an absent input. */
const specimens = {
  'ai.onnx.preview.training:Adagrad': 'float32[] int64[] t[2] t[2] t[2]',
  'ai.onnx.preview.training:Adam': 'float32[] int64[] t[2] t[2] t[2] t[2]',
  BatchNormalization: 't[1,1,1] t[1] t[1] t[1] t[1]',
  DeformConv: 't[1,1,1,1] t[1,1,1,1] t[1,2,1,1]',
  Dropout: 't[1]',
  GRU: 't[1,1,1] t[1,3,1] t[1,3,1]',
  GridSample: 't[1,1,1,1] float32[1,1,1,2]',
  GroupNormalization: 't[1,1,1] t[1] t[1]',
  InstanceNormalization: 't[1,1,1] t[1] t[1]',
  LSTM: 't[1,1,1] t[1,4,1] t[1,4,1]',
  MelWeightMatrix: 'int64[] int64[] int64[] t[] t[]',
  'ai.onnx.preview.training:Momentum': 'float32[] int64[] t[2] t[2] t[2]',
  NegativeLogLikelihoodLoss: 't[1,1] int64[1]',
  NonMaxSuppression: 't[1,1,4] t[1,1,1]',
  NonZero: 't[1]',
  OneHot: 'int64[1] int64[] t[2]',
  QLinearConv: 't[1,1,1] float32[] t[] t[1,1,1] float32[] t[] float32[] t[]',
  QLinearMatMul: 't[1,1] float32[] t[] t[1,1] float32[] t[] float32[] t[]',
  RNN: 't[1,1,1] t[1,1,1] t[1,1,1]',
  Resize: 't[1] - float32[1]',
  ReverseSequence: 't[1,1] int64[1]',
  RoiAlign: 't[1,1,1,1] t[1,4] int64[1]',
  RotaryEmbedding: 't[1,1,1,2] t[1,1,1] t[1,1,1]',
  ScatterElements: 't[1] int64[1] t[1]',
  ScatterND: 't[1] int64[1,1] t[1]',
  SoftmaxCrossEntropyLoss: 't[1,1] int64[1]',
  Where: 'bool[1] t[1] t[1]',
  'com.microsoft:Attention': 't[1,1,1] t[1,3]',
  'com.microsoft:DynamicQuantizeLSTM':
    'float32[1,1,1] t[1,1,4] t[1,1,4] - - - - - float32[1] t[1] float32[1] t[1]',
  'com.microsoft:DynamicQuantizeMatMul': 'float32[1,1] t[1,1] float32[1]',
  'com.microsoft:MatMulIntegerToFloat': 't[1,1] t[1,1] float32[1] float32[1]',
  'com.microsoft:MatMulNBits': 't[1,16] uint8[1,1,8] float32[1]',
  'com.microsoft:QAttention': 't[1,1,1] t[1,3] float32[3] float32[1] float32[1]',
  'com.microsoft:QGemm': 't[1,1] float32[] t[] t[1,1] float32[] t[]',
  'com.microsoft:QLinearAdd': 't[1] float32[] t[] t[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearAveragePool': 't[1,1,1,1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearConcat': 'float32[] t[] t[1,1] float32[] t[]',
  'com.microsoft:QLinearGlobalAveragePool': 't[1,1,1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearLeakyRelu': 't[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearMul': 't[1] float32[] t[] t[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearReduceMean': 't[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearSigmoid': 't[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearSoftmax': 't[1] float32[] t[] float32[] t[]',
  'com.microsoft:QLinearWhere': 'bool[1] t[1] float32[] t[] t[1] float32[] t[] float32[] t[]',
  'com.microsoft:RotaryEmbedding': 't[1,1,1,2] int64[1] t[1,1] t[1,1]',
};
/** Attributes of specimens that the usual ones do not suit. */
const attributes = {
  LSTM: { hidden_size: { type: 'int', value: 1 } },
  'com.microsoft:DynamicQuantizeLSTM': { hidden_size: { type: 'int', value: 1 } },
  'com.microsoft:MatMulNBits': Object.fromEntries(
    Object.entries({ K: 16, N: 1, bits: 4, block_size: 16 }).map(([k, value]) => [k, { type: 'int', value }]),
  ),
};
/** Operators whose types are those of their bodies, or of an attribute, and that with a body to differentiate. */
const ofBody = 'those of its body';
const told = {
  BitCast: 'all but strings',
  Gradient: 'floats',
  If: ofBody,
  Loop: ofBody,
  Scan: ofBody,
  SequenceMap: ofBody,
};

const usual = { int: 1, float: 1, string: 'Relu', ints: [1, 1], floats: [1], strings: ['a'] };
const names = Object.keys(dtypes);
const keyOf = ({ domain, op }) => (domain === '' ? op : `${domain}:${op}`);

function parse(text, type) {
  return text.split(' ').map((word) => {
    if (word === '-') return undefined;
    const [, name, dims] = /^(\w+)\[(.*)\]$/.exec(word);
    return { dtype: name === 't' ? type : name, dims: dims === '' ? [] : dims.split(',').map(Number) };
  });
}

/** Whether inference has nothing against these inputs. */
function accepts(def, inputs) {
  const required = Object.entries(def.attributes).filter(([, spec]) => spec.default === undefined);
  const own = required.map(([name, { type }]) => [name, { type, value: usual[type] }]);
  const node = {
    name: 'specimen',
    op: def.op,
    domain: def.domain,
    inputs: inputs.map((input, i) => (input === undefined ? '' : `x${i}`)),
    outputs: ['y'],
    attributes: { ...Object.fromEntries(own), ...attributes[keyOf(def)] },
  };
  try {
    def.infer({ node, opset: 26, inputs, where: 'a specimen', value: () => undefined });
    return true;
  } catch (error) {
    if (error.constructor.name === 'NeedsData') return true;
    if (error.code === undefined) throw error;
    return false;
  }
}

function takes(def, type) {
  const specimen = specimens[keyOf(def)];
  if (specimen !== undefined) return accepts(def, parse(specimen, type));
  const count = Math.max(def.inputs[0], 1);
  const others = [type, 'int64', 'int32', 'float32', 'uint8'];
  const shapes = [[1, 1, 1, 1], [1, 1, 1], [1, 1], [1], []];
  return others.some((other) =>
    shapes.some((dims) =>
      accepts(
        def,
        Array.from({ length: count }, (_, i) => ({ dtype: i === 0 ? type : other, dims })),
      ),
    ),
  );
}

const floats = ['float32', 'float16', 'float64', 'bfloat16'];
const groups = [
  ['all', names],
  ['all but strings', names.filter((name) => name !== 'string')],
  ['numbers', names.filter((name) => !['string', 'bool', 'int4', 'uint4'].includes(name))],
  ['floats', floats],
  ['integers', names.filter((name) => /^u?int(8|16|32|64)$/.test(name))],
  ['8-bit integers', ['uint8', 'int8']],
];

/** The types that an operator takes, in words. Throws where none is found. */
export function typesOf(def) {
  if (def.op in told) return told[def.op];
  if (def.inputs[1] === 0) return 'by attribute';
  const taken = new Set(names.filter((type) => takes(def, type)));
  if (taken.size === 0) throw new Error(`${keyOf(def)} takes no type: give it a specimen in op-types.mjs`);
  const words = [];
  for (const [word, members] of groups)
    if (members.every((name) => taken.has(name))) {
      words.push(word);
      for (const name of members) taken.delete(name);
    }
  return [...words, ...taken].join(', ');
}

/** Operators of files; those of kompakt itself stand in no file. */
export const fileOperators = () =>
  [...ops.values()]
    .filter(({ domain }) => domain !== 'ai.kompakt')
    .sort((a, b) => (a.op < b.op ? -1 : a.op > b.op ? 1 : a.domain < b.domain ? -1 : 1));

// The value of a Constant node, in whichever of its attributes it is.
import { KompaktError } from '../errors.js';
import { type TensorValue, tensor } from '../tensor/tensor.js';
import { type AttributeReader, attributeType, readAttribute } from './attribute-proto.js';
import { toBigInt } from './int64.js';
import type { AttributeProto, Int64 } from './schema.js';
import { readSparseTensor } from './tensor-proto.js';

export function constantValue(
  attributes: ReadonlyMap<string, AttributeProto>,
  reader: AttributeReader,
): TensorValue {
  const sparse = attributes.get('sparse_value')?.sparseTensor;
  if (sparse) return readSparseTensor(sparse, reader.where, reader.readExternal);
  for (const [name, proto] of attributes) {
    if (!name.startsWith('value')) continue;
    const type = attributeType(proto, reader.where);
    if (type === 'int') return integers([proto.i ?? 0], []);
    if (type === 'ints') return integers(proto.ints ?? []);
    const attribute = readAttribute(proto, reader);
    const { value } = attribute;
    switch (attribute.type) {
      case 'tensor':
        return attribute.value;
      case 'float':
        return tensor('float32', [], Float32Array.of(attribute.value));
      case 'floats':
        return tensor('float32', [attribute.value.length], Float32Array.from(attribute.value));
      case 'string':
        return tensor('string', [], [attribute.value]);
      case 'strings':
        return tensor('string', [attribute.value.length], attribute.value);
      default:
        throw new KompaktError('KPT_ONNX_MALFORMED', `${reader.where} has a value of type ${typeof value}.`);
    }
  }
  throw new KompaktError('KPT_ONNX_MALFORMED', `${reader.where} has no value.`);
}

/** All bits, which attributes do not keep: 2^63 - 1 is how exporters write "to the end". */
const integers = (values: readonly (Int64 | number)[], dims = [values.length]): TensorValue =>
  tensor(
    'int64',
    dims,
    BigInt64Array.from(values, (v) => toBigInt(v)),
  );

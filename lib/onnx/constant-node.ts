// The value of a Constant node, in whichever of its attributes it is.
import { KompaktError } from '../errors.js';
import { i64, type TensorValue, tensor } from '../tensor/tensor.js';
import { type AttributeReader, readAttribute } from './attribute-proto.js';
import type { AttributeProto } from './schema.js';
import { readSparseTensor } from './tensor-proto.js';

export function constantValue(
  attributes: ReadonlyMap<string, AttributeProto>,
  reader: AttributeReader,
): TensorValue {
  const sparse = attributes.get('sparse_value')?.sparseTensor;
  if (sparse) return readSparseTensor(sparse, reader.where, reader.readExternal);
  for (const [name, proto] of attributes) {
    if (!name.startsWith('value')) continue;
    const attribute = readAttribute(proto, reader);
    const { value } = attribute;
    switch (attribute.type) {
      case 'tensor':
        return attribute.value;
      case 'int':
        return i64([attribute.value], []);
      case 'ints':
        return i64(attribute.value);
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

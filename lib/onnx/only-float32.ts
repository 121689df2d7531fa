// Whether all floating point values of a model are certain to be float32: true unless an input, a tensor or an
// attribute names another floating type. Then scalars made from attributes need no CastLike.
import { toNumber } from './int64.js';
import type { GraphProto, ModelProto, NodeProto, TensorProto } from './schema.js';
import { isOtherFloat } from './upgrade/upgrade.js';

export function onlyFloat32(proto: ModelProto): boolean {
  const fnNodes = (proto.functions ?? []).flatMap((fn) => fn.node ?? []);
  return graphOnly(proto.graph ?? {}) && fnNodes.every(nodeOnly);
}

const tensorOnly = (tensor: TensorProto | null | undefined): boolean => !isOtherFloat(tensor?.dataType ?? 0);

const graphOnly = (graph: GraphProto): boolean =>
  (graph.input ?? []).every((info) => !isOtherFloat(info.type?.tensorType?.elemType ?? 0)) &&
  (graph.initializer ?? []).every(tensorOnly) &&
  (graph.sparseInitializer ?? []).every((sparse) => tensorOnly(sparse.values)) &&
  (graph.node ?? []).every(nodeOnly);

const nodeOnly = (node: NodeProto): boolean =>
  (node.attribute ?? []).every((attribute) => {
    const namesType = attribute.name === 'to' || attribute.name.endsWith('dtype');
    if (namesType && isOtherFloat(toNumber(attribute.i))) return false;
    return (
      tensorOnly(attribute.t) &&
      tensorOnly(attribute.sparseTensor?.values) &&
      (attribute.g == null || graphOnly(attribute.g))
    );
  });

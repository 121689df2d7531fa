// Plans as JSON, without their programs: what a plan cache keeps of them. Nodes that run by their reference are kept whole, with
// the constants that they read. Of graphs inside them only the frame is kept: they have plans of their own.
import { type Frame, frameOf, graphOfFrame } from '../graph/frame.js';
import type { Attribute, Node } from '../graph/graph.js';
import { usesOf } from '../graph/uses.js';
import { hostOpOf } from '../ops/host.js';
import type { Location, Owner, Plan, ScheduleItem } from '../run/plan.js';
import { type DType, dtypes } from '../tensor/dtype.js';
import { sizeOf } from '../tensor/shape.js';
import { bytesOf, type TensorValue, tensor } from '../tensor/tensor.js';

/** Elements in the order of this machine, as base64: they are read where they were written. */
interface StoredTensor {
  readonly dtype: DType;
  readonly dims: readonly number[];
  readonly data: string;
}

type StoredLocation = Pick<Location, 'type' | 'buffer' | 'fromHost'> & { readonly known?: StoredTensor };

type StoredAttribute =
  | Exclude<Attribute, { readonly type: 'graph' }>
  | { readonly type: 'graph'; readonly value: Frame };

interface StoredNode extends Omit<Node, 'attributes'> {
  readonly attributes: Readonly<Record<string, StoredAttribute>>;
}

interface StoredHost {
  readonly node: StoredNode;
  readonly opset: number;
}

type StoredItem = Exclude<ScheduleItem, { readonly kind: 'host' }> | ({ readonly kind: 'host' } & StoredHost);

export interface StoredPlan {
  readonly key: string;
  readonly arenaBytes: number;
  readonly schedule: readonly StoredItem[];
  readonly cut: (StoredHost & { readonly rest: Frame | undefined }) | undefined;
  readonly locations: readonly (readonly [string, StoredLocation])[];
  readonly outputs: readonly string[];
  readonly stepNodes: readonly number[];
  readonly stepKinds: readonly string[];
  readonly owners: readonly Owner[];
}

/** Bytes of constants for host nodes that are kept: as text of JSON more would take longer to read than to make. */
const maxKnownBytes = 1 << 16;

/** undefined for a plan that needs more than can be kept. */
export function describePlan(key: string, plan: Plan): StoredPlan | undefined {
  const { arenaBytes, schedule, cut, outputs, stepNodes, stepKinds, owners } = plan;
  const hosts = schedule.flatMap((item) => (item.kind === 'host' ? [item.node] : []));
  if (cut !== undefined) hosts.push(cut.node);
  if (!hosts.every(isPlain)) return undefined;
  // Values in between cannot be asked for; inputs are those that the host makes.
  const wanted = new Set([...outputs, ...hosts.flatMap(usesOf)]);
  for (const { name } of cut?.rest?.inputs ?? []) wanted.add(name);
  const locations: (readonly [string, StoredLocation])[] = [];
  let knownBytes = 0;
  for (const [name, { type, known, buffer, fromHost }] of plan.locations) {
    const reads = wanted.has(name);
    if (known === undefined) {
      if (fromHost || reads) locations.push([name, { type, buffer, fromHost }]);
    } else if (reads) {
      if (known.dtype === 'string' || type.container !== undefined) return undefined;
      knownBytes += bytesOf(known).length;
      if (knownBytes > maxKnownBytes) return undefined;
      locations.push([name, { type, buffer, fromHost, known: describeTensor(known) }]);
    }
  }
  return {
    key,
    arenaBytes,
    schedule: schedule.map((item) =>
      item.kind === 'host' ? { ...item, node: describeNode(item.node) } : item,
    ),
    cut: cut && {
      node: describeNode(cut.node),
      opset: cut.opset,
      rest: cut.rest && frameOf(cut.rest),
    },
    locations,
    outputs,
    stepNodes,
    stepKinds,
    owners,
  };
}

/** Whether a plan runs without any graph or node. */
export const isWhole = ({ schedule, cut }: Plan): boolean =>
  cut === undefined && schedule.every(({ kind }) => kind === 'native');

/** Throws what JavaScript throws where the description is none, KPT_ONNX_UNSUPPORTED_OP where it names an operator that is not
 *  there. */
export function restorePlan(stored: StoredPlan, program: Uint8Array): Plan {
  const { cut } = stored;
  return {
    ...stored,
    program,
    schedule: stored.schedule.map((item) =>
      item.kind === 'host' ? { ...item, node: restoreNode(item.node) } : item,
    ),
    cut: cut && {
      node: restoreNode(cut.node),
      opset: cut.opset,
      rest: cut.rest && graphOfFrame(cut.rest),
    },
    locations: new Map(
      stored.locations.map(([name, { known, ...location }]) => [
        name,
        { ...location, known: known && restoreTensor(known) },
      ]),
    ),
    nodes: [],
  };
}

/** Whether a node is the same after a round trip through JSON, graphs inside it apart. */
const isPlain = (node: Node): boolean => Object.values(node.attributes).every(isPlainAttribute);

function isPlainAttribute({ type, value }: Attribute): boolean {
  if (type === 'graph') return true;
  if (type === 'tensor') return false;
  return [value]
    .flat()
    .every((one) => typeof one === 'string' || (Number.isFinite(one) && !Object.is(one, -0)));
}

const describeNode = (node: Node): StoredNode => ({
  ...node,
  attributes: mapValues(node.attributes, (attribute) =>
    attribute.type === 'graph' ? { type: 'graph', value: frameOf(attribute.value) } : attribute,
  ),
});

function restoreNode(stored: StoredNode): Node {
  const node: Node = {
    ...stored,
    attributes: mapValues(stored.attributes, (attribute) =>
      attribute.type === 'graph' ? { type: 'graph', value: graphOfFrame(attribute.value) } : attribute,
    ),
  };
  hostOpOf(node);
  return node;
}

const mapValues = <From, To>(
  values: Readonly<Record<string, From>>,
  map: (value: From) => To,
): Record<string, To> => Object.fromEntries(Object.entries(values).map(([key, value]) => [key, map(value)]));

const describeTensor = (value: TensorValue): StoredTensor => ({
  dtype: value.dtype,
  dims: value.dims,
  data: Buffer.from(bytesOf(value)).toString('base64'),
});

function restoreTensor({ dtype, dims, data }: StoredTensor): TensorValue {
  const bytes = new Uint8Array(Buffer.from(data, 'base64'));
  const { array } = dtypes[dtype];
  return tensor(dtype, dims, new array!(bytes.buffer, 0, sizeOf(dims)));
}

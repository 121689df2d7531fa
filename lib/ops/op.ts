// OpDef: all that is true of one operator, in one file per operator (lib/ops/<name>.ts), listed in ops/index.ts.
// Shared code asks it and never tests a node's type by name. Fields are required: "none" is said aloud; the last are for few.
import { expected, KompaktError } from '../errors.js';
import type { Attribute, Domain, Graph, Node } from '../graph/graph.js';
import type { DType } from '../tensor/dtype.js';
import type { Dims } from '../tensor/shape.js';
import type { TensorValue } from '../tensor/tensor.js';
import type { Gradient } from './gradients/gradient.js';
import type { BoundsOf } from './shared/bounds.js';
import type { ChannelRule } from './shared/channels.js';
import type { QuantizeRule } from './shared/quantize-rule.js';
import type { StepKind, StepParams } from './steps.js';

export type { Gradient, GradientContext, GradientRule, NodeWriter } from './gradients/gradient.js';
export type { Bounds, BoundsContext, BoundsOf, Interval } from './shared/bounds.js';
export type { QuantizeRule } from './shared/quantize-rule.js';

/** Element type and concrete dims of a value in one plan. */
export interface TensorType {
  readonly dtype: DType;
  readonly dims: Dims;
  /** Set for what is no tensor; dims is then [0]. */
  readonly container?: 'sequence' | 'nothing';
}

export function typeOf({ dtype, dims, elements }: TensorValue): TensorType {
  if (elements === undefined) return { dtype, dims };
  return { dtype, dims, container: elements === null ? 'nothing' : 'sequence' };
}

/** What infer says of an output: its type, and its value where that follows from types alone (Shape, Size). */
export interface InferredType extends TensorType {
  readonly value?: TensorValue;
}

/** What is known about one node while a plan is made. */
export interface InferContext {
  readonly node: Node;
  /** Opset of the node's domain in its graph (>= canonicalOpset for ai.onnx). */
  readonly opset: number;
  /** Types of the inputs; undefined where absent. */
  readonly inputs: readonly (TensorType | undefined)[];
  /** The value of input i when it is known at plan time (constants, shape arithmetic), else undefined. */
  value(i: number): TensorValue | undefined;
  /** Types of the outputs of a subgraph attribute for given input types; only control flow uses it. */
  inferSubgraph?(graph: Graph, inputs: readonly TensorType[]): readonly TensorType[];
  /** The nodes that compute the gradients of a body's output by its first `count` inputs; there where shapes are concrete. */
  differentiate?(body: Graph, count: number): Graph;
  /** "Conv node 'x'": for messages. */
  readonly where: string;
}

/** Thrown by needValue when an output shape depends on data: the plan is cut there and goes on at run time. */
export class NeedsData extends Error {
  constructor(readonly input: number) {
    super('the shape depends on data');
  }
}

/** The value of input i, or NeedsData. */
export function needValue(ctx: InferContext, i: number): TensorValue {
  const value = ctx.value(i);
  if (value === undefined) throw new NeedsData(i);
  return value;
}

export interface ReferenceContext {
  readonly node: Node;
  readonly opset: number;
  readonly inputs: readonly (TensorValue | undefined)[];
  readonly where: string;
  /** Runs a subgraph attribute (control flow): feeds by name, outputs in order. Captured outer values are visible. */
  runSubgraph?(graph: Graph, feeds: ReadonlyMap<string, TensorValue>): readonly TensorValue[];
  readonly differentiate?: InferContext['differentiate'];
}

/** Multiply-accumulates and other work of one node, for reports and latency estimates. */
export interface Cost {
  readonly macs: number;
  /** Bytes of constant inputs. */
  readonly weightBytes: number;
}

/** A tensor of a plan as a step sees it: physical dims and a memory layout. */
export interface Buffer {
  readonly id: number;
  readonly dtype: DType;
  /** Physical dims: channels-last buffers hold [N,spatial...,C] for a logical [N,C,spatial...]. */
  readonly dims: Dims;
  readonly layout: Layout;
}

export type Layout = 'plain' | 'channels-last';

/** How the elements of a constant lie that a step wants transposed: matrix after matrix, row after row. The engine moves them;
 *  dims are those that they have then. */
export interface Matrices {
  readonly rows: number;
  readonly columns: number;
}

/** What a lowering may do. Inputs and outputs are addressed by their index in the node. */
export interface LowerContext extends InferContext {
  readonly outputs: readonly TensorType[];
  /** Layout in which input i exists already ('plain' for constants and rank < 3). */
  layoutOf(i: number): Layout;
  /** Input i in the wanted layout; a conversion is planned at most once per value. int8 arrives biased by 128. */
  read(i: number, layout: Layout): Buffer;
  /** A constant for a step, as is: no bias, any shape. With `order` each of its matrices is transposed. Equal ones are kept
   *  once. */
  constant(value: TensorValue, order?: Matrices): Buffer;
  /** The memory of output i, to be written by a step. Dims are the logical output dims put into `layout`. */
  write(i: number, layout: Layout): Buffer;
  /** The memory of output i: that of input `over` where it is state of a training step (the step then works in place), else
   *  memory of its own. Plain. */
  writeOver(i: number, over: number): Buffer;
  /** Makes output i the same memory as `source` (which must be plain or of the same logical dims). */
  alias(i: number, source: Buffer, layout: Layout): void;
  /** The same memory with other dims of equal size. */
  reshape(buffer: Buffer, dims: Dims): Buffer;
  /** Memory for use between the steps of this node. */
  temporary(dtype: DType, dims: Dims): Buffer;
  emit<K extends StepKind>(
    kind: K,
    inputs: readonly (Buffer | null)[],
    outputs: readonly Buffer[],
    params: StepParams[K],
  ): void;
}

/** Plans native steps for a node. Returning false: this case runs by its reference on the host. */
export type Lower = 'host' | ((ctx: LowerContext) => boolean);

/** How a quantised tensor is described everywhere: per tensor, or per index of `axis`. */
export interface QuantParams {
  readonly scale: TensorValue;
  /** uint8, int8, int32..., same dims as scale. */
  readonly zeroPoint: TensorValue;
  readonly axis: number;
}

/** What an integer form is built from: the float node between DequantizeLinear and QuantizeLinear. */
export interface IntegerContext {
  readonly node: Node;
  /** Input i as the integer value it was dequantised from, with its parameters; undefined when float or absent. */
  quantized(i: number): { readonly name: string; readonly params: QuantParams } | undefined;
  /** Constant value of an input (float or integer), else undefined. */
  constant(name: string): TensorValue | undefined;
  /** Parameters of the QuantizeLinear behind output 0; undefined when there is none: the output stays float32. */
  readonly output: QuantParams | undefined;
  /** Name that the integer output must have. */
  readonly outputName: string;
  /** Adds a constant to the graph and returns its name. */
  addConstant(hint: string, value: TensorValue): string;
  /** A fresh value name. */
  fresh(hint: string): string;
}

export const notDifferentiable = (why: string): Gradient => ({ notDifferentiable: why });

export const staysFloat = (why: string): QuantizeRule => ({ kind: 'float', why });

export interface AttributeSpec {
  readonly type: Attribute['type'];
  /** null: optional without default; undefined: required. */
  readonly default?: Attribute['value'] | null;
}

export interface OpDef {
  readonly op: string;
  readonly domain: Domain;
  /** First opset of the operator that files may use (older forms are raised by onnx/upgrade.ts). */
  readonly since: number;
  /** [minimum, maximum] number of inputs and outputs; Infinity for variadic. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  /** Inputs below the minimum that may be absent, their place empty: others that are needed come behind them. */
  readonly optional?: readonly number[];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  /** Output types. Throws KompaktError for illegal input, NeedsData when data is needed. */
  readonly infer: (ctx: InferContext) => readonly InferredType[];
  /** Slow, obviously right, any dtype that the operator allows. The law for every fast path. */
  readonly reference: (ctx: ReferenceContext) => readonly TensorValue[];
  readonly gradient: Gradient;
  readonly cost: (ctx: InferContext, outputs: readonly TensorType[]) => Cost;
  readonly quantize: QuantizeRule;
  readonly lower: Lower;
  /** Only where quantisers can count on any. */
  readonly bounds?: BoundsOf;
  /** Only where channels may leave: without it all that the node reads and makes stays whole. */
  readonly channels?: ChannelRule;
  /** Set when equal inputs may give different outputs: such a node is never computed ahead of its run. */
  readonly random?: true;
  /** Set where its shape is told by its results alone, which have about as many elements as its inputs at most: to learn the
   *  size before would take as long. */
  readonly sizedByResult?: true;
  /** Set when it takes something, as a scale, of a whole input, so that no part of the output is that of a part of the input. */
  readonly acrossRows?: true;
  /** Set when passes must leave its bodies alone: fused operators have no gradients. */
  readonly keepsBodies?: true;
  /** Inputs that are parameters to be trained where they are constants. */
  readonly learns?: readonly number[];
  /** Inputs that are state of training where they are constants, each with the output that takes its place after a step. */
  readonly updates?: readonly (readonly [input: number, output: number])[];
  /** Set when inputs may be sequences or optionals; all other operators take tensors only. */
  readonly containers?: true;
  /** The body, without inputs, that the node amounts to given what is known: a branch of control flow, the operators that an
   *  attention is made of. The plan takes its nodes in place of the node. */
  readonly inline?: (ctx: InferContext) => Graph | undefined;
}

/** Checks the shape of a definition at compile time and freezes it. */
export const defineOp = (def: OpDef): OpDef => Object.freeze(def);

/** No multiply-accumulates: memory traffic only. */
export const noMacs = (): Cost => ({ macs: 0, weightBytes: 0 });

// --- Attributes -------------------------------------------------------------------------------------------------

type AttributeValues = { [A in Attribute as A['type']]: A['value'] };

function attribute<T extends Attribute['type']>(
  node: Node,
  name: string,
  type: T,
): AttributeValues[T] | undefined {
  const found: Attribute | undefined = node.attributes[name];
  if (found === undefined) return undefined;
  if (found.type !== type)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      expected(`attribute ${name} of type ${type}`, `${node.op} node '${node.name}'`, found.type),
    );
  return found.value as AttributeValues[T];
}

function required<T>(value: T | undefined, node: Node, name: string): T {
  if (value === undefined)
    throw new KompaktError(
      'KPT_ATTRIBUTE_INVALID',
      `Attribute ${name} of ${node.op} node '${node.name}' is required but absent.`,
    );
  return value;
}

export const intAttr = (node: Node, name: string, fallback?: number): number =>
  required(attribute(node, name, 'int') ?? fallback, node, name);
/** Also the fallback is a float32, as in files. */
export const floatAttr = (node: Node, name: string, fallback?: number): number =>
  Math.fround(required(attribute(node, name, 'float') ?? fallback, node, name));
export const stringAttr = (node: Node, name: string, fallback?: string): string =>
  required(attribute(node, name, 'string') ?? fallback, node, name);
export const intsAttr = (node: Node, name: string): readonly number[] | undefined =>
  attribute(node, name, 'ints');
export const floatsAttr = (node: Node, name: string): readonly number[] | undefined =>
  attribute(node, name, 'floats');
export const stringsAttr = (node: Node, name: string): readonly string[] | undefined =>
  attribute(node, name, 'strings');
export const tensorAttr = (node: Node, name: string): TensorValue | undefined =>
  attribute(node, name, 'tensor');
export const graphAttr = (node: Node, name: string): Graph =>
  required(attribute(node, name, 'graph'), node, name);

// --- Inputs -----------------------------------------------------------------------------------------------------

function present<T>(inputs: readonly (T | undefined)[], i: number, where: string): T {
  const input = inputs[i];
  if (input === undefined)
    throw new KompaktError('KPT_GRAPH_INVALID', `Input ${i} of ${where} is required but absent.`);
  return input;
}

/** Type of input i. Throws KPT_GRAPH_INVALID when it is absent. */
export const inputType = ({ inputs, where }: InferContext, i: number): TensorType =>
  present(inputs, i, where);
/** Value of input i in a reference. Throws KPT_GRAPH_INVALID when it is absent. */
export const inputValue = ({ inputs, where }: ReferenceContext, i: number): TensorValue =>
  present(inputs, i, where);

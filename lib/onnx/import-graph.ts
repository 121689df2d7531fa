// GraphProto -> Graph: names made unique, Constant nodes and initializers made constants, model-local functions
// inlined, nodes raised to the canonical opset, everything sorted and verified.
import { KompaktError } from '../errors.js';
import {
  type Attribute,
  canonicalOpset,
  freezeGraph,
  type Graph,
  type Node,
  opKey,
  type ValueInfo,
} from '../graph/graph.js';
import { Names } from '../graph/names.js';
import { withDomains } from '../graph/opsets.js';
import { verify } from '../graph/verify.js';
import type { DType } from '../tensor/dtype.js';
import type { TensorValue } from '../tensor/tensor.js';
import { readAttribute } from './attribute-proto.js';
import { checkCall, checkInputs } from './check-inputs.js';
import { constantValue } from './constant-node.js';
import type { ReadExternal } from './external-data.js';
import { closeGradients, isGradient, renameEnds } from './gradient-node.js';
import { rankAfter } from './ranks.js';
import type { AttributeProto, FunctionProto, GraphProto, NodeProto } from './schema.js';
import { Scope } from './scope.js';
import { readSparseTensor, readTensor } from './tensor-proto.js';
import type { UpgradeContext } from './upgrade/upgrade.js';
import { upgradeNode } from './upgrade.js';
import { readValueInfo } from './value-info.js';

/** Most nodes that inlining may make: functions that call functions grow exponentially. */
const maxNodes = 500_000;

/** Deepest chain of functions that call functions. */
const maxCalls = 100;

/** Where nodes come from: the main graph and its subgraphs, or one call of a function. */
interface Frame {
  readonly opset: number;
  /** Attributes of the call, for references; null outside functions. */
  readonly attributes: ReadonlyMap<string, AttributeProto> | null;
  /** Functions being expanded, outermost first. */
  readonly calls: readonly string[];
}

interface Draft {
  readonly nodes: Node[];
  readonly constants: Map<string, TensorValue>;
}

export interface ImportOptions {
  readonly opsets: Readonly<Record<string, number>>;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly readExternal: ReadExternal;
  /** True when every floating point value of the model is certain to be float32. */
  readonly onlyFloat32: boolean;
  readonly opsetOf: (fn: FunctionProto) => number;
}

export const functionKey = (domain: string, op: string, overload = ''): string =>
  `${domain}:${op}:${overload}`;

export const normalDomain = (domain: string | undefined): string =>
  domain === undefined || domain === 'ai.onnx' ? '' : domain;

export class GraphImporter {
  readonly #options: ImportOptions;
  readonly #opsets: Record<string, number>;
  readonly #names = new Names();
  readonly #nodeNames = new Names();
  readonly #ranks = new Map<string, number>();
  readonly #dtypes = new Map<string, DType>();
  readonly #constants = new Map<string, TensorValue>();
  #count = 0;

  constructor(options: ImportOptions) {
    this.#options = options;
    this.#opsets = { ...options.opsets };
    if (this.#opsets[''] !== undefined) this.#opsets[''] = Math.max(canonicalOpset, this.#opsets['']);
  }

  /** The main graph. */
  import(proto: GraphProto): Graph {
    const frame = { opset: this.#options.opsets[''] ?? canonicalOpset, attributes: null, calls: [] };
    return verify(this.#graph(proto, null, frame));
  }

  #graph(proto: GraphProto, parent: Scope | null, frame: Frame): Graph {
    const scope = new Scope(parent, this.#names);
    const draft: Draft = { nodes: [], constants: new Map() };
    const inputs = this.#inputs(proto, scope, parent === null);
    this.#initializers(proto, scope, draft);
    for (const node of proto.node ?? [])
      for (const name of node.output ?? []) if (name !== '') scope.define(name);
    for (const info of [...(proto.valueInfo ?? []), ...(proto.output ?? [])])
      this.#declare(info.name ?? '', info, scope);
    for (const node of proto.node ?? []) this.#node(node, scope, frame, draft);
    const name = proto.name || 'graph';
    const outputs = (proto.output ?? []).map((info) =>
      readValueInfo(info, scope.resolve(info.name ?? '', `an output of graph '${name}'`)),
    );
    const opsets = withDomains(this.#opsets, draft.nodes);
    const fed = new Set(inputs.map((input) => input.name));
    const nodes = closeGradients(draft.nodes, {
      opsets,
      names: this.#names,
      count: (more) => this.#countNodes(more),
      isFixed: (value) => fed.has(value) || this.#constants.has(value),
    });
    return freezeGraph({ name, inputs, outputs, nodes, constants: draft.constants, opsets });
  }

  /** Inputs with an initializer are constants, except in subgraphs, whose inputs are given by position. */
  #inputs(proto: GraphProto, scope: Scope, main: boolean): ValueInfo[] {
    const initialized = new Set([
      ...(proto.initializer ?? []).map((tensor) => tensor.name),
      ...(proto.sparseInitializer ?? []).map((sparse) => sparse.values?.name),
    ]);
    const inputs: ValueInfo[] = [];
    for (const info of proto.input ?? []) {
      if (main && initialized.has(info.name)) continue;
      inputs.push(readValueInfo(info, scope.define(info.name ?? '')));
      this.#declare(info.name ?? '', info, scope);
    }
    return inputs;
  }

  #initializers(proto: GraphProto, scope: Scope, draft: Draft): void {
    const add = (name: string, read: (where: string) => TensorValue) => {
      const value = read(`initializer '${name}'`);
      this.#setConstant(scope.define(name), value, draft);
    };
    const given = new Set<string>();
    for (const { name = '' } of proto.initializer ?? []) {
      if (given.has(name))
        throw new KompaktError('KPT_GRAPH_INVALID', `Initializer '${name}' is given twice.`, { value: name });
      given.add(name);
    }
    for (const tensor of proto.initializer ?? []) {
      const name = tensor.name ?? '';
      if (!scope.defines(name)) add(name, (where) => readTensor(tensor, where, this.#options.readExternal));
    }
    for (const sparse of proto.sparseInitializer ?? [])
      add(sparse.values?.name ?? '', (where) => readSparseTensor(sparse, where, this.#options.readExternal));
  }

  #setConstant(name: string, value: TensorValue, draft: Draft): void {
    draft.constants.set(name, value);
    this.#constants.set(name, value);
    this.#ranks.set(name, value.dims.length);
    this.#dtypes.set(name, value.dtype);
  }

  /** Keeps what the file says about the type of a value; what it says wrongly or not is not needed. */
  #declare(name: string, info: Parameters<typeof readValueInfo>[0], scope: Scope): void {
    const type = info.type?.tensorType;
    if (!type?.elemType || !scope.defines(name)) return;
    const unique = scope.resolve(name, '');
    const { dtype, dims } = readValueInfo(info, unique);
    this.#dtypes.set(unique, dtype);
    if (dims !== null) this.#ranks.set(unique, dims.length);
  }

  #countNodes(more: number): void {
    this.#count += more;
    if (this.#count > maxNodes)
      throw new KompaktError(
        'KPT_TOO_LARGE',
        `The model has more than ${maxNodes} nodes after inlining functions.`,
      );
  }

  #node(proto: NodeProto, scope: Scope, frame: Frame, draft: Draft): void {
    const domain = normalDomain(proto.domain);
    const op = proto.opType ?? '';
    const where = `${op} node '${proto.name || (proto.output?.[0] ?? '')}'`;
    if (op === '') throw new KompaktError('KPT_ONNX_MALFORMED', `${where.trimStart()} has no operator.`);
    this.#countNodes(1);
    const attributes = attributesOf(proto, frame, where);
    const inputs = (proto.input ?? []).map((name) => scope.resolve(name, where));
    const outputs = (proto.output ?? []).map((name) => scope.resolve(name, where));
    const fn = this.#options.functions.get(functionKey(domain, op, proto.overload));
    if (fn !== undefined) {
      this.#call(fn, where, inputs, outputs, attributes, frame, draft);
      return;
    }
    const reader = {
      where,
      readExternal: this.#options.readExternal,
      readGraph: (graph: GraphProto) => this.#graph(graph, scope, frame),
    };
    if (domain === '' && op === 'Constant') {
      if (outputs[0]) this.#setConstant(outputs[0], constantValue(attributes, reader), draft);
      return;
    }
    const read: Record<string, Attribute> = {};
    for (const [name, attribute] of attributes) read[name] = readAttribute(attribute, reader);
    const name = this.#nodeNames.fresh(proto.name || `${opKey({ op, domain })}_${this.#count}`);
    const node: Node = { name, op, domain, inputs, outputs, attributes: read };
    const resolve = (value: string): string => scope.resolve(value, where);
    this.#push(isGradient(node) ? renameEnds(node, resolve) : node, frame, draft);
  }

  /** Adds a node in canonical form. */
  #push(node: Node, frame: Frame, draft: Draft): void {
    if (node.domain === '' && this.#opsets[''] === undefined)
      throw new KompaktError(
        'KPT_ONNX_MALFORMED',
        `The model names no opset for its ${node.op} node '${node.name}'.`,
      );
    for (const raised of upgradeNode(node, this.#upgradeContext(frame.opset, draft))) {
      checkInputs(raised);
      draft.nodes.push(raised);
      const [output] = raised.outputs;
      if (!output || this.#ranks.has(output)) continue;
      const rank = rankAfter(
        raised,
        (name) => this.#ranks.get(name),
        (name) => this.#constants.get(name),
      );
      if (rank !== undefined) this.#ranks.set(output, rank);
    }
  }

  #upgradeContext(opset: number, draft: Draft): UpgradeContext {
    return {
      opset,
      constant: (hint, value) => {
        const name = this.#names.fresh(hint);
        this.#setConstant(name, value, draft);
        return name;
      },
      constantValue: (name) => this.#constants.get(name),
      fresh: (hint) => this.#names.fresh(hint),
      rankOf: (name) => this.#ranks.get(name),
      floatTypeOf: (name) => this.#dtypes.get(name) ?? (this.#options.onlyFloat32 ? 'float32' : undefined),
    };
  }

  /** Puts the body of a function in the place of its call. */
  #call(
    fn: FunctionProto,
    where: string,
    inputs: readonly string[],
    outputs: readonly string[],
    attributes: ReadonlyMap<string, AttributeProto>,
    frame: Frame,
    draft: Draft,
  ): void {
    const key = functionKey(normalDomain(fn.domain), fn.name ?? '', fn.overload);
    if (frame.calls.includes(key))
      throw new KompaktError(
        'KPT_GRAPH_INVALID',
        `Model-local function '${fn.name}' calls itself, at ${where}.`,
      );
    if (frame.calls.length >= maxCalls)
      throw new KompaktError(
        'KPT_ONNX_UNSUPPORTED',
        `Functions are nested deeper than ${maxCalls} at ${where}.`,
      );
    checkCall(where, inputs, outputs, fn);
    const scope = new Scope(null, this.#names);
    (fn.input ?? []).forEach((formal, i) => {
      scope.define(formal, inputs[i] ?? '');
    });
    const passed: [string, string][] = [];
    (fn.output ?? []).forEach((formal, i) => {
      const actual = outputs[i] || this.#names.fresh(formal);
      if (scope.defines(formal)) passed.push([scope.resolve(formal, where), actual]);
      else scope.define(formal, actual);
    });
    for (const node of fn.node ?? [])
      for (const name of node.output ?? [])
        if (name !== '' && !(fn.output ?? []).includes(name)) scope.define(name);
    const given = new Map((fn.attributeProto ?? []).map((attribute) => [attribute.name, attribute]));
    for (const [name, attribute] of attributes) given.set(name, attribute);
    const inner = { opset: this.#options.opsetOf(fn), attributes: given, calls: [...frame.calls, key] };
    for (const node of fn.node ?? []) this.#node(node, scope, inner, draft);
    for (const [from, to] of passed) {
      const name = this.#nodeNames.fresh(`${to}/Identity`);
      draft.nodes.push({ name, op: 'Identity', domain: '', inputs: [from], outputs: [to], attributes: {} });
    }
  }
}

/** Attributes by name, with references to attributes of the calling node resolved; those not given are left out. */
function attributesOf(proto: NodeProto, frame: Frame, where: string): Map<string, AttributeProto> {
  const attributes = new Map<string, AttributeProto>();
  for (const attribute of proto.attribute ?? []) {
    const { name } = attribute;
    if (attributes.has(name))
      throw new KompaktError('KPT_ONNX_MALFORMED', `Attribute '${name}' of ${where} is given twice.`);
    if (!attribute.refAttrName) attributes.set(name, attribute);
    else {
      const referred = frame.attributes?.get(attribute.refAttrName);
      if (referred !== undefined) attributes.set(name, referred);
    }
  }
  return attributes;
}

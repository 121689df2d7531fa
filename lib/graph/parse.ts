// Text -> Graph: reads what print.ts writes, for tests and bug reports.
import { KompaktError } from '../errors.js';
import { type DType, dtypes, isInt64 } from '../tensor/dtype.js';
import { type TensorValue, tensor } from '../tensor/tensor.js';
import { type Attribute, type Dim, freezeGraph, type Graph, type Node, type ValueInfo } from './graph.js';
import { defaultNodeName, keywords } from './print.js';

/** Throws KPT_GRAPH_INVALID with the line at fault. The graph is not verified: tests may want illegal ones. */
export function parse(text: string): Graph {
  const parser = new Parser(text);
  const graph = parser.graph();
  parser.end();
  return graph;
}

interface Token {
  readonly kind: 'word' | 'string' | 'mark' | 'end';
  readonly text: string;
  readonly at: number;
}

// Strings in runs of plain characters: one at a time they would take a place each on the stack of the expression.
const pattern = /\s*(?:("[^"\\]*(?:\\.[^"\\]*)*")|([()[\]{},:=@])|([^\s()[\]{},:="@]+))/y;

const containers = ['sequence', 'optional', 'optional-sequence'] as const;

class Parser {
  readonly #text: string;
  #at = 0;
  #next: Token;

  constructor(text: string) {
    this.#text = text;
    this.#next = this.#scan();
  }

  graph(): Graph {
    this.#keyword('graph');
    const name = this.#name();
    this.#keyword('opsets');
    const opsets = Object.fromEntries(
      this.#list('{', '}', () => {
        const domain = this.#name();
        this.#mark(':');
        return [domain, this.#number()] as const;
      }),
    );
    const inputs: ValueInfo[] = [];
    const outputs: ValueInfo[] = [];
    const nodes: Node[] = [];
    const constants = new Map<string, TensorValue>();
    while (!this.#takeKeyword('end'))
      if (this.#takeKeyword('input')) inputs.push(this.#valueInfo());
      else if (this.#takeKeyword('output')) outputs.push(this.#valueInfo());
      else if (this.#takeKeyword('constant')) {
        const constant = this.#name();
        this.#mark(':');
        constants.set(constant, this.#tensor());
      } else nodes.push(this.#node());
    return freezeGraph({ name, inputs, outputs, nodes, constants, opsets: Object.freeze(opsets) });
  }

  end(): void {
    if (this.#next.kind !== 'end') this.#fail('the end of the text');
  }

  #node(): Node {
    const outputs = [this.#valueName()];
    while (this.#takeMark(',')) outputs.push(this.#valueName());
    this.#mark('=');
    const op = this.#name();
    const domain = this.#takeMark('@') ? this.#name() : '';
    const inputs = this.#list('(', ')', () => this.#valueName());
    const attributes =
      this.#next.text === '{' ? Object.fromEntries(this.#list('{', '}', () => this.#attribute())) : {};
    const name = this.#takeKeyword('as') ? this.#name() : defaultNodeName(op, outputs);
    return { name, op, domain, inputs, outputs, attributes };
  }

  #attribute(): [string, Attribute] {
    const name = this.#name();
    this.#mark(':');
    const type = this.#take('word', 'an attribute type').text;
    return [name, this.#attributeValue(type)];
  }

  #attributeValue(type: string): Attribute {
    switch (type) {
      case 'int':
      case 'float':
        return { type, value: this.#number() };
      case 'string':
        return { type, value: this.#string() };
      case 'tensor':
        return { type, value: this.#tensor() };
      case 'graph':
        return { type, value: this.graph() };
      case 'ints':
      case 'floats':
        return { type, value: this.#list('[', ']', () => this.#number()) };
      case 'strings':
        return { type, value: this.#list('[', ']', () => this.#string()) };
      default:
        return this.#fail('an attribute type');
    }
  }

  #valueInfo(): ValueInfo {
    const name = this.#name();
    this.#mark(':');
    if (this.#takeKeyword('undeclared')) return { name, dtype: 'float32', dims: null, undeclared: true };
    const container = containers.find((kind) => this.#takeKeyword(kind));
    const dtype = this.#dtype();
    if (container !== undefined) return { name, dtype, dims: null, container };
    return { name, dtype, dims: this.#next.text === '[' ? this.#list('[', ']', () => this.#dim()) : null };
  }

  #dim(): Dim {
    if (this.#takeKeyword('?')) return null;
    return this.#next.kind === 'word' && /^\d/.test(this.#next.text) ? this.#number() : this.#name();
  }

  #tensor(): TensorValue {
    const dtype = this.#dtype();
    const dims = this.#list('[', ']', () => this.#number());
    this.#mark('=');
    if (dtype === 'string')
      return tensor(
        dtype,
        dims,
        this.#list('[', ']', () => this.#string()),
      );
    const array = dtypes[dtype].array!;
    if (this.#takeKeyword('base64')) {
      const bytes = Uint8Array.from(Buffer.from(this.#string(), 'base64'));
      return tensor(dtype, dims, new array(bytes.buffer));
    }
    const texts = this.#list('[', ']', () => this.#take('word', 'an element').text);
    const values = isInt64(dtype) ? texts.map((text) => BigInt(text)) : texts.map(Number);
    const data = new array(texts.length);
    for (const [i, value] of values.entries()) data[i] = value as never;
    return tensor(dtype, dims, data);
  }

  #dtype(): DType {
    if (!Object.hasOwn(dtypes, this.#next.text)) this.#fail('an element type');
    return this.#take('word', 'an element type').text as DType;
  }

  #valueName(): string {
    return this.#takeKeyword('_') ? '' : this.#name();
  }

  #name(): string {
    if (this.#next.kind === 'string') return this.#string();
    if (keywords.has(this.#next.text)) this.#fail('a name');
    return this.#take('word', 'a name').text;
  }

  #string(): string {
    return JSON.parse(this.#take('string', 'a string').text);
  }

  #number(): number {
    const value = Number(this.#next.text);
    if (Number.isNaN(value) && this.#next.text !== 'NaN') this.#fail('a number');
    this.#take('word', 'a number');
    return value;
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    const items: T[] = [];
    this.#mark(open);
    while (!this.#takeMark(close)) {
      if (items.length > 0) this.#mark(',');
      items.push(item());
    }
    return items;
  }

  #keyword(text: string): void {
    if (!this.#takeKeyword(text)) this.#fail(`'${text}'`);
  }

  #takeKeyword(text: string): boolean {
    return this.#takeIf('word', text);
  }

  #mark(text: string): void {
    if (!this.#takeMark(text)) this.#fail(`'${text}'`);
  }

  #takeMark(text: string): boolean {
    return this.#takeIf('mark', text);
  }

  #takeIf(kind: Token['kind'], text: string): boolean {
    if (this.#next.kind !== kind || this.#next.text !== text) return false;
    this.#next = this.#scan();
    return true;
  }

  #take(kind: Token['kind'], what: string): Token {
    const token = this.#next;
    if (token.kind !== kind) this.#fail(what);
    this.#next = this.#scan();
    return token;
  }

  #scan(): Token {
    pattern.lastIndex = this.#at;
    const match = pattern.exec(this.#text);
    if (match === null) {
      const rest = this.#text.slice(this.#at).trimStart();
      return {
        kind: rest === '' ? 'end' : 'mark',
        text: rest.slice(0, 10),
        at: this.#text.length - rest.length,
      };
    }
    this.#at = pattern.lastIndex;
    const text = match[1] ?? match[2] ?? match[3]!;
    return { kind: match[1] ? 'string' : match[2] ? 'mark' : 'word', text, at: this.#at - text.length };
  }

  #fail(wanted: string): never {
    const line = this.#text.slice(0, this.#next.at).split('\n').length;
    const got = this.#next.kind === 'end' ? 'the end' : `'${this.#next.text}'`;
    throw new KompaktError(
      'KPT_GRAPH_INVALID',
      `Expected ${wanted} in line ${line} of the graph text but received ${got}.`,
      { line },
    );
  }
}

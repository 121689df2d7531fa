// Graph -> text, for tests, debugging and bug reports. parse.ts reads it back without loss:
//
//   graph main opsets {"": 18}
//     input x: float32[N,3,?]
//     constant w: float32[2] = [1, 0.5]
//     y = Clip(x, _, w) {axis: int 1} as clip
//     output y: float32[N,3,?]
//   end
//
// `_` is an absent value; names that are not plain words are JSON strings; a node is named after its first output and
// operator unless `as` says otherwise; float16 and bfloat16 elements are raw bits.
import { bytesOf, type TensorValue } from '../tensor/tensor.js';
import type { Attribute, Dim, Graph, Node, ValueInfo } from './graph.js';

export interface PrintOptions {
  /** Leave the elements of large constants out: shorter, but not to be parsed. */
  readonly elide?: boolean;
}

/** Constants of up to this many elements are printed element by element. */
const inlineElements = 16;

/** Words with a meaning of their own, which names must not look like. */
export const keywords: ReadonlySet<string> = new Set([
  'graph',
  'input',
  'constant',
  'output',
  'end',
  'as',
  '_',
  '?',
]);

/** Name that a node has when its text gives none. */
export const defaultNodeName = (op: string, outputs: readonly string[]): string =>
  `${outputs[0] ?? ''}/${op}`;

export function print(graph: Graph, options: PrintOptions = {}): string {
  return graphLines(graph, options).join('\n');
}

function graphLines(graph: Graph, options: PrintOptions): string[] {
  const opsets = Object.entries(graph.opsets).map(
    ([domain, version]) => `${JSON.stringify(domain)}: ${version}`,
  );
  return [
    `graph ${word(graph.name)} opsets {${opsets.join(', ')}}`,
    ...graph.inputs.map((input) => `  input ${valueInfo(input)}`),
    ...[...graph.constants].map(([name, value]) => `  constant ${word(name)}: ${tensorText(value, options)}`),
    ...graph.nodes.map((node) => nodeText(node, options)),
    ...graph.outputs.map((output) => `  output ${valueInfo(output)}`),
    'end',
  ];
}

function nodeText(node: Node, options: PrintOptions): string {
  const attributes = Object.entries(node.attributes).map(
    ([name, attribute]) => `${word(name)}: ${attribute.type} ${attributeText(attribute, options)}`,
  );
  return [
    `  ${node.outputs.map(valueName).join(', ')} = ${word(node.op)}`,
    node.domain === '' ? '' : `@${word(node.domain)}`,
    `(${node.inputs.map(valueName).join(', ')})`,
    attributes.length === 0 ? '' : ` {${attributes.join(', ')}}`,
    node.name === defaultNodeName(node.op, node.outputs) ? '' : ` as ${word(node.name)}`,
  ].join('');
}

function attributeText(attribute: Attribute, options: PrintOptions): string {
  switch (attribute.type) {
    case 'int':
    case 'float':
      return numberText(attribute.value);
    case 'string':
      return JSON.stringify(attribute.value);
    case 'tensor':
      return tensorText(attribute.value, options);
    case 'graph':
      return graphLines(attribute.value, options).join('\n    ');
    case 'ints':
    case 'floats':
      return `[${attribute.value.map(numberText).join(', ')}]`;
    case 'strings':
      return `[${attribute.value.map((text) => JSON.stringify(text)).join(', ')}]`;
  }
}

function tensorText(value: TensorValue, { elide = false }: PrintOptions): string {
  const head = `${value.dtype}[${value.dims.join(',')}] = `;
  if (value.data.length <= inlineElements || (value.dtype === 'string' && !elide))
    return `${head}[${Array.from<unknown>(value.data).map(elementText).join(', ')}]`;
  return elide ? `${head}...` : `${head}base64 "${Buffer.from(bytesOf(value)).toString('base64')}"`;
}

const elementText = (element: unknown): string =>
  typeof element === 'string' ? JSON.stringify(element) : numberText(element as number | bigint);

const numberText = (value: number | bigint): string => (Object.is(value, -0) ? '-0' : String(value));

const valueInfo = (info: ValueInfo): string =>
  `${word(info.name)}: ${info.undeclared ? 'undeclared' : (info.container ? `${info.container} ` : '') + info.dtype + dimsText(info.dims)}`;

const dimsText = (dims: readonly Dim[] | null): string =>
  dims === null ? '' : `[${dims.map(dimText).join(',')}]`;

const dimText = (dim: Dim): string =>
  dim === null
    ? '?'
    : typeof dim === 'number'
      ? String(dim)
      : /^\d/.test(dim)
        ? JSON.stringify(dim)
        : word(dim);

const valueName = (name: string): string => (name === '' ? '_' : word(name));

/** A name as a plain word, or quoted when it would be read as something else. */
const word = (name: string): string =>
  /^[^\s()[\]{},:="@]+$/.test(name) && !keywords.has(name) ? name : JSON.stringify(name);

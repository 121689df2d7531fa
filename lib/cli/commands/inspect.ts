// kompakt inspect: what a model is, what it costs and which nodes run natively.
import { stat } from 'node:fs/promises';
import {
  bytesText,
  concreteShapes,
  countText,
  describePasses,
  InferenceSession,
  Model,
  type PassEffect,
  shapeExample,
  table,
} from '../../index.js';
import { byReference } from '../by-reference.js';
import type { Command } from '../command.js';
import { itsFile, shapeOption, shapesOf } from '../option-types.js';

type Description = ReturnType<InferenceSession['describe']>;

export const inspectCommand: Command = {
  name: 'inspect',
  summary: 'show inputs, outputs, sizes, cost and which nodes run natively',
  arguments: [{ name: 'model', description: 'ONNX file', reads: itsFile }],
  options: [
    shapeOption,
    {
      flags: '--plan',
      description:
        'list the passes that changed the graph, and every node with its steps, cost and output shape',
    },
  ],
  examples: [
    ['kompakt inspect model.onnx', 'inputs, outputs, operators and totals'],
    ['kompakt inspect det.onnx --shape x=1,3,320,320 --plan', 'every node at this input size'],
  ],
  async run({ args, options }) {
    const file = args[0]!;
    const model = await Model.load(file);
    const session = InferenceSession.fromModel(model, { intraOpNumThreads: 1 });
    try {
      const inputs = session.inputMetadata.flatMap((input) => (input.isTensor ? [input] : []));
      const outputs = session.outputMetadata.flatMap((output) => (output.isTensor ? [output] : []));
      const shapes = shapesOf(options);
      const example = shapeExample(inputs, shapes);
      const concrete = example === null ? Object.fromEntries(concreteShapes(inputs, shapes)) : null;
      const document = {
        file,
        // A pipe has no size of its own; of a model in several files this is the first.
        fileBytes: model.fileBytes ?? (await stat(file)).size,
        opsets: model.graph.opsets,
        inputs,
        outputs,
        nodes: model.graph.nodes.length,
        shapes: concrete,
        passes: describePasses(model),
        plan: concrete === null ? null : session.describe(concrete),
      };
      return { document, text: toText(document, options.flag('plan'), example) };
    } finally {
      await session.release();
    }
  },
};

interface Document {
  readonly file: string;
  readonly fileBytes: number;
  readonly opsets: Readonly<Record<string, number>>;
  readonly inputs: readonly InferenceSession.TensorValueMetadata[];
  readonly outputs: Document['inputs'];
  readonly nodes: number;
  readonly shapes: Readonly<Record<string, readonly number[]>> | null;
  readonly passes: readonly PassEffect[];
  readonly plan: Description | null;
}

function toText(document: Document, everyNode: boolean, example: string | null): string {
  const opsets = Object.entries(document.opsets).map(
    ([domain, version]) => `${domain || 'ai.onnx'} ${version}`,
  );
  const lines = [
    `${document.file}: ${bytesText(document.fileBytes)}, ${document.nodes} nodes, opset ${opsets.join(', ')}`,
    ...document.inputs.map((value) => `input   ${typeText(value)}`),
    ...document.outputs.map((value) => `output  ${typeText(value)}`),
  ];
  const { plan, shapes } = document;
  if (plan === null)
    return [...lines, '', `Give inputs a size to see the plan and its cost, as in ${example}`].join('\n');
  const sizes = Object.entries(shapes!).map(([name, dims]) => `${name} [${dims.join(',')}]`);
  return [
    ...lines,
    '',
    `at ${sizes.join(', ')}: ${countText(plan.macs)} MACs, weights ${bytesText(plan.weightBytes)}, arena ${bytesText(plan.arenaBytes)}`,
    '',
    everyNode ? `${passTable(document.passes)}\n\n${nodeTable(plan)}` : operatorTable(plan),
    ...byReference(plan.nodes),
  ].join('\n');
}

const typeText = ({ name, type, shape, undeclared }: Document['inputs'][number]): string =>
  undeclared ? `${name}: ${type}, shape not declared` : `${name}: ${type} [${shape.join(',')}]`;

const passTable = (passes: readonly PassEffect[]): string =>
  table(
    [{ title: 'pass' }, { title: 'nodes before' }, { title: 'after' }, { title: 'what it does' }],
    passes.map((one) => [one.name, one.nodesBefore, one.nodesAfter, one.summary]),
  );

const nodeTable = (plan: Description): string =>
  table(
    [
      { title: 'node' },
      { title: 'operator' },
      { title: 'runs' },
      { title: 'steps' },
      { title: 'MACs' },
      { title: 'weights', align: 'right' },
      { title: 'output' },
    ],
    plan.nodes.map((node) => [
      node.name,
      node.op,
      node.where,
      [...new Set(node.steps)].join(' '),
      node.macs,
      bytesText(node.weightBytes),
      node.outputDims.map((dims) => `[${dims.join(',')}]`).join(' '),
    ]),
  );

function operatorTable(plan: Description): string {
  const groups = new Map<string, { native: number; reference: number; macs: number }>();
  for (const { op, native, macs } of plan.nodes) {
    const group = groups.get(op) ?? { native: 0, reference: 0, macs: 0 };
    group[native ? 'native' : 'reference']++;
    group.macs += macs;
    groups.set(op, group);
  }
  const rows = [...groups].sort(([a, x], [b, y]) => y.macs - x.macs || (a < b ? -1 : 1));
  return table(
    [
      { title: 'operator' },
      { title: 'native' },
      { title: 'reference' },
      { title: 'MACs' },
      { title: '% of MACs', digits: 1 },
    ],
    rows.map(([op, { native, reference, macs }]) => [
      op,
      native,
      reference,
      macs,
      plan.macs === 0 ? 0 : (100 * macs) / plan.macs,
    ]),
  );
}

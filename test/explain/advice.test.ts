// The command lines that are advised do what they are advised for.
import { distill } from '../../lib/compress/distill.js';
import { prune } from '../../lib/compress/prune-model.js';
import { quantize } from '../../lib/compress/quantize-model.js';
import { explain } from '../../lib/explain/explain.js';
import { freezeGraph } from '../../lib/graph/graph.js';
import { Model } from '../../lib/model/model.js';
import { f32, tensor, toNumbers } from '../../lib/tensor/tensor.js';
import { explainedNet, netFeeds } from '../helpers/explained-net.js';

const net = explainedNet();
const feeds = netFeeds(16);

const commandsFor = async (compressed: Model): Promise<readonly (string | null)[]> => {
  const words = { original: 'net.onnx', compressed: 'small.onnx' };
  const { advice } = await explain(net, compressed, { data: feeds, words, seconds: 0 });
  return advice.map(({ command }) => command);
};

const fewBits = { data: feeds, weightBits: 2, activationBits: 2 };
const pruned = async (): Promise<Model> =>
  (await prune(net, { channels: { share: 0.3, roundTo: 1 }, data: feeds })).model;

test('what is quantised anew keeps its bits', async () => {
  const commands = await commandsFor((await quantize(net, fewBits)).model);
  expect(commands.length).toBeGreaterThan(0);
  for (const command of commands) expect(command).toMatch(/--act-bits 2 .*-o mended/);
  expect(commands).toContain(
    'kompakt quantize net.onnx --data DATA --weight-bits 2 --act-bits 2 --exclude-names depthwise -o mended.onnx',
  );
});

test('a quantised model is trained as one; what was pruned is not made again with all its channels', async () => {
  const { model } = await quantize(await pruned(), fewBits);
  expect(await commandsFor(model)).toEqual([
    'kompakt distill small.onnx --teacher net.onnx --data DATA --method lsq --careful -o trained.onnx',
  ]);
  const data = feeds.map((sample) => ({ feeds: sample }));
  const options = { teacher: net, data, epochs: 1, batch: 4, softWeight: 1, threads: 1 };
  await expect(distill(model, options)).rejects.toMatchObject({
    code: 'KPT_OPTION_INVALID',
    message: expect.stringContaining("give option quantize ('--method lsq' of the command line)"),
  });
  await distill(model, { ...options, quantize: { method: 'lsq' } });
});

test('integers without roundings beside them do not learn: the original is trained', async () => {
  const { graph } = await pruned();
  const constants = new Map(graph.constants);
  const spoilt = ['w1', 'w3', 'w4'].map((name) => {
    const value = graph.constants.get(name)!;
    const step = Math.max(...toNumbers(value).map(Math.abs)) / 127;
    const integers = Int8Array.from(toNumbers(value), (v) => Math.round(v / step));
    constants.set(`${name}/q`, tensor('int8', value.dims, integers));
    constants.set(`${name}/scale`, f32([], [1.5 * step]));
    const inputs = [`${name}/q`, `${name}/scale`];
    return {
      name: `${name}/dq`,
      op: 'DequantizeLinear',
      domain: '' as const,
      inputs,
      outputs: [`${name}/float`],
      attributes: {},
    };
  });
  const made = new Set(spoilt.flatMap(({ outputs }) => outputs));
  const nodes = graph.nodes.map((node) => ({
    ...node,
    inputs: node.inputs.map((name) => (made.has(`${name}/float`) ? `${name}/float` : name)),
  }));
  const weightsOnly = new Model(freezeGraph({ ...graph, nodes: [...spoilt, ...nodes], constants }));
  expect((await commandsFor(weightsOnly)).at(-1)).toBe(
    'kompakt distill net.onnx --teacher self --data DATA --method lsq --careful -o trained.onnx',
  );
});

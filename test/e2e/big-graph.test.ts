// Loading, optimising and planning take time in proportion to the nodes: tens of thousands are a matter of seconds, in a
// chain, where many patterns may match and values live shortly, and side by side, where all values live at once.
import { InferenceSession, Tensor } from '../../lib/index.js';
import { Model } from '../../lib/model/model.js';
import { f32 } from '../../lib/tensor/tensor.js';
import { type FileNode, type FileOptions, onnxFile, ramp } from '../helpers/onnx-file.js';

/** Well above what it takes on a busy machine, well below what anything quadratic takes. */
const mostSeconds = 20;

const chainOps = ['Add', 'Relu', 'Mul', 'Sigmoid'];

const shapes: Readonly<Record<string, () => Pick<FileOptions, 'nodes' | 'outputs'>>> = {
  '50,000 nodes in a chain': () => {
    const count = 50_000;
    const nodes = Array.from({ length: count }, (_, i): FileNode => {
      const op = chainOps[i % chainOps.length]!;
      const from = i === 0 ? 'x' : `v${i - 1}`;
      return { op, inputs: i % 2 === 0 ? [from, 'c'] : [from], outputs: [`v${i}`] };
    });
    return { nodes, outputs: { [`v${count - 1}`]: 'float32' } };
  },
  // Passes fold half of these away, one after the other.
  '50,000 nodes of residual blocks': () => {
    const nodes = Array.from({ length: 12_500 }, (_, i): FileNode[] => {
      const from = i === 0 ? 'x' : `v${i - 1}`;
      return [
        { op: 'Conv', inputs: [from, 'w'], outputs: [`c${i}`] },
        { op: 'BatchNormalization', inputs: [`c${i}`, 'p', 'p', 'p', 'p'], outputs: [`b${i}`] },
        { op: 'Relu', inputs: [`b${i}`], outputs: [`r${i}`] },
        { op: 'Add', inputs: [`r${i}`, from], outputs: [`v${i}`] },
      ];
    });
    return { nodes: nodes.flat(), outputs: { v12499: 'float32' } };
  },
  '20,000 nodes side by side': () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `v${i}`);
    const nodes = names.map(
      (name, i): FileNode => ({ op: i % 2 ? 'Relu' : 'Neg', inputs: ['x'], outputs: [name] }),
    );
    const sum: FileNode = { op: 'Sum', inputs: names, outputs: ['y'] };
    return { nodes: [...nodes, sum], outputs: { y: 'float32' } };
  },
};

test.each(Object.keys(shapes))('%s', async (shape) => {
  const x = ramp('float32', [1, 4, 1, 1]);
  const bytes = onnxFile({
    opset: 18,
    inputs: { x },
    constants: {
      c: f32([1], [0.5]),
      w: f32([4, 4, 1, 1], new Float32Array(16).fill(0.01)),
      p: f32([4], [0.5, 0.4, 0.3, 0.2]),
    },
    ...shapes[shape]!(),
  });
  const before = process.cpuUsage();
  const session = InferenceSession.fromModel(Model.loadSync(bytes), { intraOpNumThreads: 1 });
  session.runSync({ x: new Tensor('float32', x.data as Float32Array, x.dims) });
  expect(process.cpuUsage(before).user / 1e6).toBeLessThan(mostSeconds);
  await session.release();
});

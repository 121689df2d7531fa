// The meaning of a quantised classifier in exact arithmetic: every operator that computes, in float64 as the ONNX
// specification writes it, with no integer form, no fusion and nothing of the engine. Operators that only move values run
// by their references. The judge of files on which two runtimes round differently.
import { opOf, tensor, toNumbers } from '../internals.mjs';

const limits = { uint8: [0, 255], int8: [-128, 127], uint4: [0, 15], int4: [-8, 7] };

function roundHalfEven(v) {
  const low = Math.floor(v);
  if (v - low !== 0.5) return Math.round(v);
  return low % 2 === 0 ? low : low + 1;
}

const double = (dims, values) => tensor('float64', dims, values);
const attribute = (node, name, fallback) => node.attributes[name]?.value ?? fallback;
const product = (dims) => dims.reduce((a, b) => a * b, 1);

/** Index of the scale of element i: one for all, or one per index of the axis. */
function scaleIndex(node, dims, scales) {
  if (scales === 1) return () => 0;
  const axis = attribute(node, 'axis', 1);
  const inner = product(dims.slice(axis + 1));
  return (i) => Math.floor(i / inner) % dims[axis];
}

function linear(node, [x, scale, zero], map) {
  const values = toNumbers(x);
  const scales = toNumbers(scale);
  const zeros = zero === undefined ? scales.map(() => 0) : toNumbers(zero);
  const at = scaleIndex(node, x.dims, scales.length);
  return values.map((v, i) => map(v, scales[at(i)], zeros[at(i)]));
}

function conv(node, [x, w, b]) {
  const [n, channels, ih, iw] = x.dims;
  const [filters, inner, kh, kw] = w.dims;
  const [sh, sw] = attribute(node, 'strides', [1, 1]);
  const [dh, dw] = attribute(node, 'dilations', [1, 1]);
  const [top, left, bottom, right] = attribute(node, 'pads', [0, 0, 0, 0]);
  if (!['NOTSET', 'VALID'].includes(attribute(node, 'auto_pad', 'NOTSET')))
    throw new Error(`auto_pad of ${node.name}`);
  const perGroup = filters / attribute(node, 'group', 1);
  const oh = Math.floor((ih + top + bottom - dh * (kh - 1) - 1) / sh) + 1;
  const ow = Math.floor((iw + left + right - dw * (kw - 1) - 1) / sw) + 1;
  const out = new Float64Array(n * filters * oh * ow);
  for (let f = 0; f < n * filters; f++) {
    const filter = f % filters;
    const plane = out.subarray(f * oh * ow, (f + 1) * oh * ow).fill(b?.data[filter] ?? 0);
    const first = Math.floor(f / filters) * channels + Math.floor(filter / perGroup) * inner;
    for (let tap = 0; tap < inner * kh * kw; tap++) {
      const weight = w.data[filter * inner * kh * kw + tap];
      const source = (first + Math.floor(tap / (kh * kw))) * ih;
      const [y0, x0] = [(Math.floor(tap / kw) % kh) * dh - top, (tap % kw) * dw - left];
      for (let r = 0; r < oh; r++) {
        const row = r * sh + y0;
        if (row < 0 || row >= ih) continue;
        for (let c = 0; c < ow; c++) {
          const column = c * sw + x0;
          if (column >= 0 && column < iw) plane[r * ow + c] += weight * x.data[(source + row) * iw + column];
        }
      }
    }
  }
  return double([n, filters, oh, ow], out);
}

function gemm(node, [a, b, c]) {
  if (attribute(node, 'transA', 0) || attribute(node, 'alpha', 1) !== 1 || attribute(node, 'beta', 1) !== 1)
    throw new Error(`attributes of ${node.name}`);
  const transposed = attribute(node, 'transB', 0) === 1;
  const [m, k] = a.dims;
  const n = b.dims[transposed ? 0 : 1];
  const out = Float64Array.from({ length: m * n }, (_, i) => {
    const [row, column] = [Math.floor(i / n), i % n];
    let sum = c?.data[column] ?? 0;
    for (let p = 0; p < k; p++)
      sum += a.data[row * k + p] * b.data[transposed ? column * k + p : p * n + column];
    return sum;
  });
  return double([m, n], out);
}

/** Mean over all of H and W: the global pools of these nets. */
function globalMean(node, x) {
  const [n, c, h, w] = x.dims;
  const kernel = attribute(node, 'kernel_shape', [h, w]);
  if (kernel[0] !== h || kernel[1] !== w) throw new Error(`window of ${node.name}`);
  const out = Float64Array.from({ length: n * c }, (_, i) => {
    const plane = x.data.subarray(i * h * w, (i + 1) * h * w);
    return plane.reduce((a, b) => a + b, 0) / (h * w);
  });
  return double([n, c, 1, 1], out);
}

function softmax(_, [x]) {
  const row = x.dims.at(-1);
  const out = x.data.slice();
  for (let i = 0; i < out.length; i += row) {
    const line = out.subarray(i, i + row);
    const largest = line.reduce((a, b) => Math.max(a, b));
    const powers = line.map((v) => Math.exp(v - largest));
    const sum = powers.reduce((a, b) => a + b);
    line.set(powers.map((v) => v / sum));
  }
  return double(x.dims, out);
}

const compute = {
  QuantizeLinear: (node, inputs) => {
    const { dtype } = inputs[2];
    const [least, most] = limits[dtype];
    const quantise = (v, s, z) => Math.min(most, Math.max(least, roundHalfEven(v / s) + z));
    const values = linear(node, inputs, quantise);
    return tensor(
      dtype,
      inputs[0].dims,
      dtype.startsWith('u') ? Uint8Array.from(values) : Int8Array.from(values),
    );
  },
  DequantizeLinear: (node, inputs) =>
    double(
      inputs[0].dims,
      linear(node, inputs, (q, s, z) => (q - z) * s),
    ),
  Conv: conv,
  Gemm: gemm,
  Add: (node, [a, b]) => {
    if (String(a.dims) !== String(b.dims)) throw new Error(`broadcast in ${node.name}`);
    return double(
      a.dims,
      a.data.map((v, i) => v + b.data[i]),
    );
  },
  Relu: (_, [x]) =>
    double(
      x.dims,
      x.data.map((v) => Math.max(0, v)),
    ),
  GlobalAveragePool: (node, [x]) => globalMean(node, x),
  AveragePool: (node, [x]) => globalMean(node, x),
  Softmax: softmax,
};

/** Operators that only move values. */
export const moves = new Set(
  'Cast Concat ConstantOfShape Flatten Gather Pad Reshape Shape Slice Transpose Unsqueeze'.split(' '),
);

/** Whether a graph is a chain of QuantizeLinear, DequantizeLinear and float operators that are known here. */
export const canRunExactly = (graph) => graph.nodes.every(({ op }) => op in compute || moves.has(op));

/** Every value of the graph for one input. */
export function exactValues(graph, feed) {
  const values = new Map(graph.constants);
  values.set(graph.inputs[0].name, double(feed.dims, Float64Array.from(feed.data)));
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((name) => (name === '' ? undefined : values.get(name)));
    if (node.op in compute) values.set(node.outputs[0], compute[node.op](node, inputs));
    else {
      const where = `${node.op} node '${node.name}'`;
      const [result] = opOf(node).reference({ node, opset: graph.opsets[''], inputs, where });
      values.set(node.outputs[0], result);
    }
  }
  return values;
}

/** The first output of the graph for one input. */
export const runExactly = (graph, feed) => exactValues(graph, feed).get(graph.outputs[0].name).data;

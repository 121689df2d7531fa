// Writes a planned model with inputs to one file, so that it can be run without TypeScript: by run-plan.cjs (the addon) and
// by test/native/run_plan.cc (also under an emulator of another CPU). Layout, little-endian: u32 magic "KPTD", then lists
// { u32 count, items }: constants { u32 n, shape text[n], u32 n, bytes[n] }, program { u32 n, bytes[n] },
// inputs { u32 tensor, u32 n, bytes[n] }, outputs { u32 tensor, u32 bytes }.
import { writeFileSync } from 'node:fs';
import type { Graph } from '../../lib/graph/graph.js';
import { typeOf } from '../../lib/ops/op.js';
import { buildPlan } from '../../lib/run/plan.js';
import { bytesPerElement } from '../../lib/tensor/dtype.js';
import { sizeOf } from '../../lib/tensor/shape.js';
import { bytesOf, type TensorValue } from '../../lib/tensor/tensor.js';
import { transposed } from './transposed.js';

const u32 = (value: number): Uint8Array => {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setUint32(0, value, true);
  return bytes;
};
const shapeText = (value: TensorValue): string => `${value.dtype}[${value.dims.join(',')}]`;
const block = (bytes: Uint8Array): Uint8Array[] => [u32(bytes.length), bytes];

/** Dumps a graph that passes have prepared. Every node must run natively; 8-bit inputs must be uint8. */
export function dumpPlan(path: string, graph: Graph, feeds: ReadonlyMap<string, TensorValue>): void {
  const constants: TensorValue[] = [];
  const places = new Map<string, number>();
  const plan = buildPlan(graph, new Map([...feeds].map(([name, value]) => [name, typeOf(value)])), {
    constant: (given, order) => {
      const value = transposed(given, order);
      // Equal constants share a place, as in the native session, so that places and indices agree.
      const key = `${shapeText(value)}${Buffer.from(bytesOf(value)).toString('latin1')}`;
      const place = places.get(key) ?? constants.push(value) - 1;
      places.set(key, place);
      return place;
    },
  });
  const hosts = plan.schedule.filter((item) => item.kind === 'host').map((item) => item.node.op);
  if (hosts.length > 0 || plan.cut !== undefined) throw new Error(`Not native: ${hosts.join(', ')}`);
  const inputs = [...feeds].filter(([name]) => plan.locations.get(name)?.buffer !== undefined);
  const outputs = graph.outputs.map(({ name }) => plan.locations.get(name)!);
  const chunks = [
    u32(0x4454504b),
    u32(constants.length),
    ...constants.flatMap((value) => [
      ...block(new TextEncoder().encode(shapeText(value))),
      ...block(bytesOf(value)),
    ]),
    ...block(plan.program),
    u32(inputs.length),
    ...inputs.flatMap(([name, value]) => [u32(plan.locations.get(name)!.buffer!), ...block(bytesOf(value))]),
    u32(outputs.length),
    ...outputs.flatMap(({ type, buffer }) => [
      u32(buffer!),
      u32(sizeOf(type.dims) * bytesPerElement(type.dtype)),
    ]),
  ];
  writeFileSync(path, Buffer.concat(chunks));
}

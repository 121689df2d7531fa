// Fills the arena of a plan, so that what no step writes shows in its results: a new arena holds zeros, which often are right.
import { type TensorType, typeOf } from '../../lib/ops/op.js';
import type { GraphRunner } from '../../lib/run/runner.js';
import type { TensorValue } from '../../lib/tensor/tensor.js';

/** The types for which feeds are run. */
export const typesOf = (feeds: ReadonlyMap<string, TensorValue>): Map<string, TensorType> =>
  new Map([...feeds].map(([name, value]) => [name, typeOf(value)]));

/** Bytes of an element by the codes of native/ops/step.h. */
const elementBytes = [4, 1, 1, 4, 8, 8, 2];

/** -6328.7 as float32, 197 as a byte: nothing that tests compute. */
const poison = 0xc5;

/** Poisons every tensor of the plan that the runner takes next for these input types. */
export function poisonArena(runner: GraphRunner, types: ReadonlyMap<string, TensorType>): void {
  const { native, plan } = runner.prepare(types);
  arenaBytes(plan.program).forEach((bytes, id) => {
    if (bytes === null) return;
    const failure = native.write(id, new Uint8Array(bytes).fill(poison));
    if (failure !== undefined) throw new Error(failure);
  });
}

/** Bytes of each tensor of a program (its layout: native/engine/program.cc); null for constants. */
function arenaBytes(program: Uint8Array): (number | null)[] {
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let at = 20;
  return Array.from({ length: view.getUint32(16, true) }, () => {
    const [code, constant, rank] = [0, 1, 2].map((i) => view.getUint8(at + i));
    let bytes = elementBytes[code!]!;
    at += 15;
    for (let i = 0; i < rank!; i++, at += 8) bytes *= view.getFloat64(at, true);
    return constant === 1 ? null : bytes;
  });
}

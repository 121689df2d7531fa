// Whether the best values lie at the end of their range: then better ones may lie beyond.
import { placeOf, type Space, type Values } from './space.js';

export interface Edge {
  readonly path: string;
  /** The end to move further out. */
  readonly end: 'min' | 'max';
  readonly value: number;
  /** Where it is now. */
  readonly limit: number;
}

/** Share of a range, on its scale, that counts as its end. */
const near = 0.05;

/** Parameters of the space whose value is at an end; whole numbers at the very end. */
export function edgesOf(space: Space, values: Values): readonly Edge[] {
  return space.flatMap((parameter): readonly Edge[] => {
    const value = values[parameter.path];
    if (parameter.kind === 'choice' || typeof value !== 'number') return [];
    const { path, min, max, step } = parameter;
    const place = placeOf(parameter, value);
    const last = step === undefined ? max : min + Math.floor((max - min) / step + 1e-9) * step;
    if (step === undefined ? place < near : value === min) return [{ path, end: 'min', value, limit: min }];
    if (step === undefined ? place > 1 - near : value >= last)
      return [{ path, end: 'max', value, limit: max }];
    return [];
  });
}

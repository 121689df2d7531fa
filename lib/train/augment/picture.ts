// What augmentations of pictures share: planes of a [C,H,W] sample, and the check that it is one.
import { expected, KompaktError } from '../../errors.js';

/** Calls `change` with each channel, a picture of height x width. Throws KPT_OPTION_INVALID where samples are no pictures. */
export function eachPlane(
  values: Float32Array,
  dims: readonly number[],
  augmentation: string,
  change: (plane: Float32Array, height: number, width: number) => void,
): void {
  if (dims.length !== 3)
    throw new KompaktError(
      'KPT_OPTION_INVALID',
      expected('samples [C,H,W]', `augmentation ${augmentation}`, `shape [${dims.join(',')}]`),
    );
  const [channels, height, width] = dims as [number, number, number];
  for (let c = 0; c < channels; c++)
    change(values.subarray(c * height * width, (c + 1) * height * width), height, width);
}

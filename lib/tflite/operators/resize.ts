// RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR, DEPTH_TO_SPACE and SPACE_TO_DEPTH.
import { attr } from '../../graph/attribute.js';
import { i64 } from '../../tensor/tensor.js';
import type { Convert } from '../operator.js';
import { move } from './shape.js';

/** Slots of the options that say how coordinates of pixels map. */
interface ResizeForm {
  readonly mode: 'linear' | 'nearest';
  readonly alignCorners: number;
  readonly halfPixel: number;
}

function resize(form: ResizeForm): Convert {
  return (operator) => {
    const { graph, options } = operator;
    const [batch, , , channels] = operator.dims4(0);
    const [height, width] = operator.integers(1, 2);
    const alignCorners = options.bool(form.alignCorners);
    const halfPixel = options.bool(form.halfPixel);
    const coordinates = alignCorners ? 'align_corners' : halfPixel ? 'half_pixel' : 'asymmetric';
    const attributes = {
      mode: attr.string(form.mode),
      coordinate_transformation_mode: attr.string(coordinates),
      nearest_mode: attr.string(coordinates === 'asymmetric' ? 'floor' : 'round_prefer_ceil'),
    };
    const sizes = graph.constant('sizes', i64([batch, channels, height, width]));
    const step = (x: string) => ({ op: 'Resize', inputs: [x, '', '', sizes], attributes });
    if (form.mode === 'nearest') move(operator, 'first', step);
    else graph.storeReal(operator.output(), 'first', step(graph.real(operator.input(0), 'first')));
  };
}

export const resizeBilinear = resize({ mode: 'linear', alignCorners: 2, halfPixel: 3 });
export const resizeNearest = resize({ mode: 'nearest', alignCorners: 0, halfPixel: 1 });

/** Blocks go before or behind the channels alike in both systems: DCR order. */
export const blocks =
  (op: 'DepthToSpace' | 'SpaceToDepth'): Convert =>
  (operator) => {
    operator.dims4(0);
    const attributes = { blocksize: attr.int(operator.options.int32(0)) };
    move(operator, 'first', (x) => ({ op, inputs: [x], attributes }));
  };

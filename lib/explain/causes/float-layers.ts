// Layers left in float in a quantised model, and what it costs to go from integers to float and back.
import { type Cause, shareText } from './cause.js';

/** Share of the time from which conversions are worth telling. */
const worthTelling = 0.1;

const conversions: ReadonlySet<string> = new Set([
  'QuantizeLinear',
  'DequantizeLinear',
  'com.microsoft:QuantizeLinear',
  'com.microsoft:DequantizeLinear',
  'DynamicQuantizeLinear',
]);

export const floatLayers: Cause = {
  name: 'float-layers',
  summary: 'layers left in float between integer ones, and the conversions around them',
  find: ({ layers, operators }) => {
    const weighted = layers.filter(({ after }) => after !== undefined);
    const float = weighted.filter(({ after }) => after!.bits >= 16);
    if (operators === null || float.length === weighted.length) return [];
    const time = (of: readonly { readonly milliseconds: number }[]): number =>
      of.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
    const all = time(operators);
    const edges = operators.filter(({ op }) => conversions.has(op));
    const names = new Set(float.flatMap(({ pair }) => pair.compressed.node?.name ?? []));
    const own = time(operators.filter(({ name }) => names.has(name)));
    const share = all === 0 ? 0 : (time(edges) + own) / all;
    if (share < worthTelling) return [];
    return [
      {
        cause: floatLayers.name,
        severity: 'hint',
        layer: null,
        message: `${float.length} of ${weighted.length} layers with weights are in float, and ${edges.length} conversions between float and integers remain: together ${shareText(share)} of the time.`,
        evidence: { layers: float.length, of: weighted.length, conversions: edges.length, share },
        remedy:
          'Quantise neighbours too where their error allows it, so that values stay integers between them.',
        options: [],
      },
    ];
  },
};

import { binsPerSide, Histogram } from '../../lib/calibrate/histogram.js';
import { randomFloats } from '../helpers/random-floats.js';

const sum = (bins: Float64Array) => bins.reduce((a, b) => a + b, 0);

describe('Histogram', () => {
  it('counts every value once: positive, negative and zero', () => {
    const h = new Histogram();
    h.add(Float32Array.of(0, 1, -1, 0.25, -3, 100));
    expect([sum(h.positive), sum(h.negative), h.zeros, h.count]).toEqual([3, 2, 1, 6]);
    expect([h.min, h.max, h.limit]).toEqual([-3, 100, 128]);
  });

  it('puts a value into the bin that holds it, also after growth', () => {
    const h = new Histogram();
    h.add(Float32Array.of(0.3));
    h.add(Float32Array.of(900));
    expect(h.limit).toBe(1024);
    expect(h.positive[Math.floor(0.3 / h.binWidth)]).toBe(1);
    expect(h.positive[Math.floor(900 / h.binWidth)]).toBe(1);
  });

  it('covers exact powers of two, tiny and huge values', () => {
    for (const v of [1, 2, 0.5, 1e-38, 3e38, 2 ** -126]) {
      const h = new Histogram();
      h.add(Float32Array.of(v, -v));
      expect([sum(h.positive), sum(h.negative)]).toEqual([1, 1]);
      expect(h.positive.length).toBe(binsPerSide);
    }
  });

  it('does not depend on the order or on the batches in which values come', () => {
    const values = randomFloats(5000, 7, 40).map((v, i) => (i % 17 === 0 ? v * 100 : v * 0.01));
    const once = new Histogram();
    once.add(values);
    const many = new Histogram();
    const reversed = values.slice().reverse();
    for (let i = 0; i < reversed.length; i += 37) many.add(reversed.subarray(i, i + 37));
    expect(many).toEqual(once);
  });
});

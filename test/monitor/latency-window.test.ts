import { LatencyWindow } from '../../lib/monitor/latency-window.js';

test('the window forgets, the total does not', () => {
  const window = new LatencyWindow(15_000);
  window.record(1, 0);
  window.record(2, 5_000);
  expect(window.summary(14_000)).toMatchObject({ window: { count: 2 }, total: { count: 2 } });
  expect(window.summary(16_000)).toMatchObject({ window: { count: 1, min: 2 }, total: { count: 2 } });
  window.record(3, 16_500);
  expect(window.summary(20_500)).toMatchObject({ window: { count: 1, min: 3 }, total: { count: 3, min: 1 } });
  // After a pause of many windows nothing old comes back.
  expect(window.summary(1_000_000)).toMatchObject({ window: { count: 0, p50: null }, total: { count: 3 } });
  window.record(4, 1_000_001);
  expect(window.summary(1_000_002)).toMatchObject({ window: { count: 1, max: 4 } });
});

test('a window holds what came in it, at every time of the day', () => {
  const [length, step] = [1500, 37];
  const window = new LatencyWindow(length);
  for (let now = 0; now < 20_000; now += step) {
    window.record(1, now);
    // The oldest slice has gone as a whole.
    const { count } = window.window(now);
    const full = Math.min(now, length) / step;
    expect(count).toBeGreaterThanOrEqual(Math.floor(Math.min(full, (length - length / 15) / step)));
    expect(count).toBeLessThanOrEqual(Math.ceil(full) + 1);
  }
});

import { Meter } from '../../lib/monitor/meter.js';

test('the throughput of steady requests is told within 1 %, wherever in the window it is asked', () => {
  let now = 0;
  const meter = new Meter(15_000, () => now);
  for (let i = 0; i < 4000; i++) {
    now = i * 10 + 5;
    meter.completed(0, 1, now);
    const { window, total } = meter.snapshot().throughput;
    if (i < 200) continue;
    expect(Math.abs(window - 100)).toBeLessThan(1);
    expect(Math.abs(total - 100)).toBeLessThan(1);
  }
});

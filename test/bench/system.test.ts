import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os, { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { systemAdvice, systemState, throttleWords, watchDevice } from '../../lib/bench/system.js';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'kompakt-system-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const put = (path: string, text: string): void => {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
};

test('reads what a Raspberry Pi shows', () => {
  put('proc/device-tree/model', 'Raspberry Pi 5 Model B Rev 1.0\0');
  put('sys/devices/system/cpu/cpu0/cpufreq/scaling_cur_freq', '1500000\n');
  put('sys/devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq', '2400000\n');
  put('sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'ondemand\n');
  put('sys/class/thermal/thermal_zone0/temp', '81250\n');
  put('sys/class/thermal/thermal_zone0/type', 'cpu-thermal\n');
  put('sys/class/thermal/cooling_device0/type', 'pwm-fan\n');
  put('sys/devices/platform/soc/soc:firmware/get_throttled', '50005\n');
  const state = systemState(root);
  expect(state).toMatchObject({
    model: 'Raspberry Pi 5 Model B Rev 1.0',
    megahertz: 1500,
    maxMegahertz: 2400,
    governor: 'ondemand',
    celsius: 81.25,
    zones: [{ name: 'cpu-thermal', celsius: 81.25 }],
    throttling: [
      'under-voltage now',
      'throttled now',
      'under-voltage has occurred',
      'throttling has occurred',
    ],
    powerMode: null,
  });
  const { megahertz, maxMegahertz, celsius, zones, throttling } = state;
  expect(watchDevice(root)()).toEqual({ megahertz, maxMegahertz, celsius, zones, throttling });
  const advice = systemAdvice(state).join('\n');
  expect(advice).toMatch(/governor is 'ondemand'/);
  expect(advice).toMatch(/power supply/);
  expect(advice).toMatch(/81 degrees/);
});

test('a tool that is asked for throttling holds up nobody who looks again and again', async () => {
  put('usr/bin/vcgencmd', '#!/bin/sh\nsleep 0.5\n[ "$1" = get_throttled ] && echo throttled=0x4\n');
  chmodSync(join(root, 'usr/bin/vcgencmd'), 0o755);
  expect(systemState(root).throttling).toEqual(['throttled now']);
  const start = performance.now();
  const look = watchDevice(root);
  expect(look().throttling).toBeNull();
  expect(performance.now() - start).toBeLessThan(400);
  while (look().throttling === null && performance.now() - start < 10_000)
    await new Promise((resolve) => setTimeout(resolve, 50));
  expect(look().throttling).toEqual(['throttled now']);
  // The last question was asked just now.
  await new Promise((resolve) => setTimeout(resolve, 1000));
});

test('an x86 server shows its name and clock and nothing else', () => {
  put('proc/cpuinfo', 'model name\t: Some CPU @ 2.3GHz\ncpu MHz\t\t: 2300.123\n');
  expect(systemState(root)).toMatchObject({
    model: 'Some CPU @ 2.3GHz',
    megahertz: 2300.123,
    maxMegahertz: null,
    governor: null,
    celsius: null,
    throttling: null,
  });
});

describe('memory', () => {
  const MiB = 2 ** 20;
  const told = (limit: number, available: number): readonly number[] => {
    jest.spyOn(process, 'constrainedMemory').mockReturnValue(limit);
    jest.spyOn(process, 'availableMemory').mockReturnValue(available);
    const { memoryBytes, freeMemoryBytes } = systemState(root);
    return [memoryBytes, freeMemoryBytes];
  };
  beforeEach(() => {
    jest.spyOn(os, 'totalmem').mockReturnValue(8192 * MiB);
    jest.spyOn(os, 'freemem').mockReturnValue(4096 * MiB);
  });
  afterEach(() => jest.restoreAllMocks());

  test('of a container is what it may have', () => {
    expect(told(90 * MiB, 80 * MiB)).toEqual([90 * MiB, 80 * MiB]);
    expect(systemAdvice(systemState(root)).join()).toContain('Less than 128 MiB');
  });

  test.each([
    ['no limit', 2 ** 64],
    ['no word of one', 0],
    ['a limit above what is there', 9000 * MiB],
  ])('with %s is that of the device', (_, limit) => {
    expect(told(limit, 5000 * MiB)).toEqual([8192 * MiB, 4096 * MiB]);
  });
});

test('a healthy device gets no advice', () => {
  put('sys/devices/system/cpu/cpu0/cpufreq/scaling_governor', 'performance\n');
  expect(systemAdvice({ ...systemState(root), freeMemoryBytes: 2 ** 30 })).toEqual([]);
});

test.each([
  ['throttled=0x0', []],
  ['0x4', ['throttled now']],
  ['80008', ['soft temperature limit now', 'soft temperature limit has occurred']],
  ['', null],
])('get_throttled %j', (text, words) => {
  expect(throttleWords(text)).toEqual(words);
});

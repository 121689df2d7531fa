// The device as the operating system shows it: model, clock, governor, temperature, throttling, memory. Every field is
// null where the system does not say; nothing here needs rights or packages.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { join } from 'node:path';
import { requireArgument } from '../errors.js';

export interface ThermalZone {
  readonly name: string;
  readonly celsius: number;
}

export interface SystemState {
  /** "Raspberry Pi 5 Model B Rev 1.0", or the CPU's name. */
  readonly model: string;
  readonly cores: number;
  /** What this process may have of it: a container, or a service, may have less than the device. */
  readonly memoryBytes: number;
  readonly freeMemoryBytes: number;
  /** Current and highest clock of the first core. */
  readonly megahertz: number | null;
  readonly maxMegahertz: number | null;
  readonly governor: string | null;
  /** The hottest zone. */
  readonly celsius: number | null;
  readonly zones: readonly ThermalZone[];
  /** Words for the throttle bits of a Raspberry Pi that are set; empty when none; null where there are no bits. */
  readonly throttling: readonly string[] | null;
  /** Power mode of a Jetson (nvpmodel). */
  readonly powerMode: string | null;
}

/** What changes from second to second. */
export type DeviceState = Pick<
  SystemState,
  'megahertz' | 'maxMegahertz' | 'celsius' | 'zones' | 'throttling'
>;

/** Bits of the Raspberry Pi firmware's get_throttled. */
const throttleBits: readonly (readonly [bit: number, word: string])[] = [
  [0, 'under-voltage now'],
  [1, 'clock capped now'],
  [2, 'throttled now'],
  [3, 'soft temperature limit now'],
  [16, 'under-voltage has occurred'],
  [17, 'clock capping has occurred'],
  [18, 'throttling has occurred'],
  [19, 'soft temperature limit has occurred'],
];

/** Words for the bits of a get_throttled value: "0x50005", "throttled=0x50005" or "50005" (hexadecimal). */
export function throttleWords(text: string): readonly string[] | null {
  const match = /(?:throttled=)?(?:0x)?([0-9a-f]+)\s*$/i.exec(text.trim());
  if (match === null) return null;
  const value = Number.parseInt(match[1]!, 16);
  return throttleBits.filter(([bit]) => (value & (1 << bit)) !== 0).map(([, word]) => word);
}

const cpufreq = 'sys/devices/system/cpu/cpu0/cpufreq';

/** Reads the state now. `root` is where /sys, /proc and /etc lie; another folder in tests. */
export const systemState = (root = '/'): SystemState => ({
  model: modelName(root),
  cores: availableParallelism(),
  ...memory(),
  governor: readText(join(root, cpufreq, 'scaling_governor')),
  powerMode: powerMode(root),
  ...deviceState(root, throttling(root)),
});

/** Reads, whenever it is called, the part of it that changes, and holds nobody up: a tool that has to be started for it is asked on
 *  the side, from now on and with each call, and what it answered last is told; null until then. */
export function watchDevice(root = '/'): () => DeviceState {
  let words: readonly string[] | null = null;
  let asked = false;
  const ask = (tool: string): void => {
    if (asked) return;
    asked = true;
    childProcess().execFile(tool, throttleQuestion, { timeout: toolMs }, (error, answer) => {
      asked = false;
      words = error === null ? throttleWords(answer) : null;
    });
  };
  const look = (): readonly string[] | null => {
    const file = throttleFile(root);
    if (file !== null) return throttleWords(file);
    const tool = throttleTool(root);
    if (tool !== null) ask(tool);
    return words;
  };
  look();
  return () => deviceState(root, look());
}

function deviceState(root: string, throttling: DeviceState['throttling']): DeviceState {
  const zones = thermalZones(join(root, 'sys/class/thermal'));
  return {
    megahertz: megahertz(join(root, cpufreq, 'scaling_cur_freq')) ?? procMegahertz(root),
    maxMegahertz: megahertz(join(root, cpufreq, 'cpuinfo_max_freq')),
    celsius: zones.length === 0 ? null : Math.max(...zones.map((zone) => zone.celsius)),
    zones,
    throttling,
  };
}

function memory(): Pick<SystemState, 'memoryBytes' | 'freeMemoryBytes'> {
  // 0 where the system does not tell, more than there is where nothing is limited.
  const limit = process.constrainedMemory() || Number.POSITIVE_INFINITY;
  const memoryBytes = Math.min(totalmem(), limit);
  return { memoryBytes, freeMemoryBytes: Math.min(freemem(), process.availableMemory(), memoryBytes) };
}

function modelName(root: string): string {
  const board = readText(join(root, 'proc/device-tree/model'));
  if (board !== null) return board;
  const cpu = /^(?:model name|Model)\s*:\s*(.+)$/m.exec(readText(join(root, 'proc/cpuinfo')) ?? '');
  return cpu?.[1]?.trim() ?? cpus()[0]?.model ?? 'unknown';
}

/** Text of a small file without padding zeros and blanks; null when it is not there. */
function readText(path: string): string | null {
  try {
    const text = readFileSync(path, 'utf8').replaceAll('\0', '').trim();
    return text === '' ? null : text;
  } catch {
    return null;
  }
}

function readNumber(path: string): number | null {
  const text = readText(path);
  const value = text === null ? Number.NaN : Number(text);
  return Number.isFinite(value) ? value : null;
}

function megahertz(path: string): number | null {
  const kilohertz = readNumber(path);
  return kilohertz === null ? null : kilohertz / 1000;
}

function procMegahertz(root: string): number | null {
  const match = /^cpu MHz\s*:\s*([\d.]+)$/m.exec(readText(join(root, 'proc/cpuinfo')) ?? '');
  return match === null ? null : Number(match[1]);
}

function thermalZones(folder: string): ThermalZone[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .filter((name) => name.startsWith('thermal_zone'))
    .sort()
    .flatMap((name) => {
      const millidegrees = readNumber(join(folder, name, 'temp'));
      if (millidegrees === null) return [];
      return [{ name: readText(join(folder, name, 'type')) ?? name, celsius: millidegrees / 1000 }];
    });
}

// Loaded here: programs that only run models start no others.
const childProcess = () => process.getBuiltinModule('node:child_process');

const toolMs = 2000;

const runTool = (tool: string, question: readonly string[]) =>
  childProcess().spawnSync(tool, question, { encoding: 'utf8', timeout: toolMs });

const throttleQuestion = ['get_throttled'];

const throttleFile = (root: string): string | null =>
  readText(join(root, 'sys/devices/platform/soc/soc:firmware/get_throttled'));

const throttleTool = (root: string): string | null => existingTool(join(root, 'usr/bin/vcgencmd'));

const existingTool = (path: string): string | null => (existsSync(path) ? path : null);

function throttling(root: string): readonly string[] | null {
  const file = throttleFile(root);
  if (file !== null) return throttleWords(file);
  const tool = throttleTool(root);
  if (tool === null) return null;
  const result = runTool(tool, throttleQuestion);
  return result.status === 0 ? throttleWords(result.stdout) : null;
}

function powerMode(root: string): string | null {
  const tool = existingTool(join(root, 'usr/sbin/nvpmodel'));
  if (tool === null) return null;
  const result = runTool(tool, ['-q']);
  return /NV Power Mode:\s*(\S+)/.exec(result.stdout ?? '')?.[1] ?? null;
}

/** What would make this device faster, one sentence each; empty when nothing stands out. */
export function systemAdvice(state: SystemState): readonly string[] {
  requireArgument(
    typeof state === 'object' && state !== null,
    'what systemState() gives',
    'systemAdvice',
    state,
  );
  const advice: string[] = [];
  if (state.governor !== null && state.governor !== 'performance')
    advice.push(
      `The CPU governor is '${state.governor}': 'performance' keeps the clock up between runs ` +
        '(echo performance | sudo tee /sys/devices/system/cpu/cpu*/cpufreq/scaling_governor).',
    );
  for (const word of state.throttling ?? [])
    advice.push(
      word.startsWith('under-voltage')
        ? `The firmware reports ${word}: use a power supply and cable that hold 5.1 V under load.`
        : `The firmware reports ${word}: add a heat sink or fan.`,
    );
  if (state.celsius !== null && state.celsius >= 75)
    advice.push(`The CPU is at ${state.celsius.toFixed(0)} degrees: clocks fall from 80 on; cool it.`);
  if (state.powerMode !== null && !/MAXN/i.test(state.powerMode))
    advice.push(
      `The Jetson runs in power mode ${state.powerMode}: 'sudo nvpmodel -m 0' selects the fastest.`,
    );
  if (state.freeMemoryBytes < 128 * 2 ** 20)
    advice.push('Less than 128 MiB of memory is free: runs may wait for swapping.');
  return advice;
}

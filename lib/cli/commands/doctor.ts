// kompakt doctor: what this device is, how fast it can be now, and what would make it faster.
import {
  bytesText,
  type PlanCacheUsage,
  planCacheUsage,
  platform,
  systemAdvice,
  systemState,
} from '../../index.js';
import type { Command } from '../command.js';

/** Tiers from slowest to fastest per architecture, as KOMPAKT_FORCE_TIER names them. */
const fastTiers: Readonly<Record<string, readonly string[]>> = {
  x64: ['avxvnni', 'avx512vnni', 'avx512vbmi', 'avx512popcnt'],
  arm64: ['dotprod', 'i8mm'],
};

export const doctorCommand: Command = {
  name: 'doctor',
  summary: 'check the CPU, clock, temperature and throttling of this device',
  arguments: [],
  options: [],
  examples: [
    ['kompakt doctor', 'what this device is and what would make it faster'],
    ['kompakt doctor --json', 'the same as one JSON document'],
  ],
  async run() {
    const cpu = platform();
    const system = systemState();
    const advice = [...tierAdvice(cpu), ...systemAdvice(system)];
    const planCache = planCacheUsage();
    const document = { node: process.version, architecture: process.arch, cpu, system, planCache, advice };
    return { document, text: toText(document) };
  },
};

type Cpu = ReturnType<typeof platform>;

function tierAdvice({ tier, tiers }: Cpu): string[] {
  const forced = process.env.KOMPAKT_FORCE_TIER;
  if (forced !== undefined && forced !== '' && !tiers.includes(forced))
    return [
      `KOMPAKT_FORCE_TIER=${forced} names no tier that this CPU has (${tiers.join(', ')}) and is passed over: unset it.`,
    ];
  if (forced !== undefined && forced !== '')
    return [`KOMPAKT_FORCE_TIER=${forced} holds the kernels at tier ${tier}: unset it.`];
  if (fastTiers[process.arch]?.includes(tier)) return [];
  return [
    `This CPU has no 8-bit dot-product instructions (tier ${tier}): INT8 gains less here than on ` +
      'a Cortex-A76 (Raspberry Pi 5) or an x86 CPU with VNNI.',
  ];
}

function cacheText({ folder, files, bytes, maxBytes }: PlanCacheUsage): string {
  if (folder === null) return 'none';
  const most = maxBytes === null ? '' : ` of at most ${bytesText(maxBytes)}`;
  return `${folder} (${files} files, ${bytesText(bytes)}${most})`;
}

function toText(document: {
  readonly node: string;
  readonly architecture: string;
  readonly cpu: Cpu;
  readonly system: ReturnType<typeof systemState>;
  readonly planCache: PlanCacheUsage;
  readonly advice: readonly string[];
}): string {
  const { cpu, system, advice } = document;
  const or = (value: number | null, unit: string): string =>
    value === null ? 'not shown by this system' : `${value.toFixed(0)} ${unit}`;
  const facts: readonly (readonly [string, string])[] = [
    ['device', `${system.model} (${document.architecture}, Node ${document.node})`],
    ['tier', `${cpu.tier} (supported: ${cpu.tiers.join(', ')})`],
    ['threads', `${cpu.cpus} usable of ${system.cores} CPUs`],
    [
      'clock',
      `${or(system.megahertz, 'MHz')}${system.maxMegahertz === null ? '' : ` of ${system.maxMegahertz} MHz`}`,
    ],
    ['governor', system.governor ?? 'not shown by this system'],
    ['temperature', or(system.celsius, 'degrees C')],
    [
      'throttling',
      system.throttling === null ? 'not shown by this system' : system.throttling.join(', ') || 'none',
    ],
    ...(system.powerMode === null ? [] : [['power mode', system.powerMode] as const]),
    [
      'memory',
      `${(system.freeMemoryBytes / 2 ** 20).toFixed(0)} MiB free of ${(system.memoryBytes / 2 ** 20).toFixed(0)} MiB`,
    ],
    ['plan cache', cacheText(document.planCache)],
  ];
  return [
    ...facts.map(([name, value]) => `${name.padEnd(12)} ${value}`),
    '',
    ...(advice.length === 0
      ? ['Nothing found that would make this device faster.']
      : ['What would make this device faster:']),
    ...advice.map((line) => `- ${line}`),
  ].join('\n');
}

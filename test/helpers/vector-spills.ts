// Reads a disassembly (objdump -d --no-show-raw-insn -C, of x86-64 or arm64) for loops that multiply and yet store a vector to the stack:
// an accumulator that found no register costs more than the multiplication.

interface Instruction {
  readonly address: number;
  readonly text: string;
}

interface Language {
  /** Fused multiply-adds, 8-bit dot products and what does the same in several steps. */
  readonly multiplies: RegExp;
  /** To the stack. */
  readonly storesVector: RegExp;
  readonly jump: RegExp;
  readonly neverGoesOn: RegExp;
}

const languages = {
  x64: {
    multiplies: /^(vfmadd|vpdpbusd|vpmaddubsw|vpmaddwd)/,
    storesVector: /^vmov\w+\s+%[xyz]mm\d+,[^(]*\(%r[sb]p\b/,
    jump: /^j\w+\s+([0-9a-f]+)/,
    neverGoesOn: /^(jmp|ret)/,
  },
  arm64: {
    multiplies: /^(fmla|sdot|smull|smlal)/,
    storesVector: /^st(r|ur|p)\s+q\d+.*\[(sp|x29)\b/,
    jump: /^(?:b|b\.\w+|cbn?z\s+\w+,|tbn?z\s+\w+,\s*#\w+,)\s+([0-9a-f]+)\b/,
    neverGoesOn: /^(b|br|ret)\s/,
  },
} as const satisfies Record<string, Language>;

export interface MultiplyLoop {
  readonly name: string;
  /** Vector stores to the stack inside the loop. */
  readonly spills: readonly string[];
}

function* functionsOf(disassembly: string): Generator<{ name: string; body: Instruction[] }> {
  let current: { name: string; body: Instruction[] } | undefined;
  for (const line of disassembly.split('\n')) {
    const head = /^[0-9a-f]+ <(.*)>:$/.exec(line);
    if (head !== null) {
      if (current !== undefined) yield current;
      current = { name: head[1]!, body: [] };
      continue;
    }
    const instruction = /^\s+([0-9a-f]+):\t(.*?)\s*$/.exec(line);
    if (instruction !== null)
      current?.body.push({ address: Number.parseInt(instruction[1]!, 16), text: instruction[2]! });
  }
  if (current !== undefined) yield current;
}

/** Whether the instruction at `last` can come after that at `first` without leaving what lies between them: a block that the
 *  compiler put behind the function's end, and that jumps back, makes no loop. */
function comesBack(
  body: readonly Instruction[],
  targets: readonly (number | undefined)[],
  { neverGoesOn }: Language,
  first: number,
  last: number,
): boolean {
  const seen = new Set<number>();
  const open = [first];
  while (open.length > 0) {
    const at = open.pop()!;
    if (at < first || at > last || seen.has(at)) continue;
    if (at === last) return true;
    seen.add(at);
    if (targets[at] !== undefined) open.push(targets[at]);
    if (!neverGoesOn.test(body[at]!.text)) open.push(at + 1);
  }
  return false;
}

/** The innermost loops with a multiplication in functions whose name matches. A loop is what lies between the target of a
 *  jump backwards and the jump. */
export function multiplyLoops(
  disassembly: string,
  name: RegExp,
  architecture: keyof typeof languages = 'x64',
): MultiplyLoop[] {
  const language = languages[architecture];
  const loops: MultiplyLoop[] = [];
  for (const { name: found, body } of functionsOf(disassembly)) {
    if (!name.test(found)) continue;
    const indexOf = new Map(body.map(({ address }, i) => [address, i]));
    const targets = body.map(({ text }) => {
      const target = language.jump.exec(text);
      return target === null ? undefined : indexOf.get(Number.parseInt(target[1]!, 16));
    });
    const ranges = targets.flatMap((first, last) =>
      first !== undefined && first <= last && comesBack(body, targets, language, first, last)
        ? [{ first, last }]
        : [],
    );
    const innermost = ranges.filter(
      (a) =>
        !ranges.some(
          (b) => b !== a && b.first >= a.first && b.last <= a.last && b.last - b.first < a.last - a.first,
        ),
    );
    for (const { first, last } of innermost) {
      const texts = body.slice(first, last + 1).map(({ text }) => text);
      if (texts.some((text) => language.multiplies.test(text)))
        loops.push({ name: found, spills: texts.filter((text) => language.storesVector.test(text)) });
    }
  }
  return loops;
}

// What people are told of nodes that have no native step here.

/** A blank line and a sentence that names the nodes that run by their reference; nothing where all are native. */
export function byReference(
  nodes: readonly { readonly name: string; readonly op: string; readonly native: boolean }[],
): readonly string[] {
  const slow = nodes.filter((node) => !node.native).map((node) => `${node.name} (${node.op})`);
  if (slow.length === 0) return [];
  return [
    '',
    `without a native step, computed by the reference in JavaScript, which may take hundreds of times as long: ${slow.join(', ')}`,
  ];
}

// Calls of those who only watch: what goes wrong in them concerns no request.

/** Makes the call. What it throws, or its promise rejects with, becomes a warning of the process that names `whom`. */
export function tell(whom: string, call: () => unknown): void {
  const warn = (error: unknown): void =>
    process.emitWarning(`kompakt: ${whom} failed: ${error instanceof Error ? error.message : String(error)}`);
  try {
    // A promise that nobody awaits would end the process when it rejects.
    Promise.resolve(call()).catch(warn);
  } catch (error) {
    warn(error);
  }
}

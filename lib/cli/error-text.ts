// Errors in words: code, message and remedy, of kompakt's own, of commander's and of any others.
import { CommanderError } from 'commander';
import { errorTable, isKompaktError, KompaktError } from '../index.js';

/** As it is told to people. */
export function errorText(error: unknown): string {
  const { code, message, remedy } = describeError(error);
  return `error[${code}]: ${message}\n  ${remedy}\n`;
}

export function describeError(error: unknown): {
  readonly code: string;
  readonly message: string;
  readonly remedy: string;
} {
  if (error instanceof CommanderError) {
    const message = error.message.replace(/^error: /, '');
    return { code: 'KPT_USAGE', message, remedy: errorTable.KPT_USAGE.remedy };
  }
  const known = isKompaktError(error)
    ? (error as KompaktError)
    : new KompaktError('KPT_INTERNAL', error instanceof Error ? error.message : String(error));
  return { code: known.code, message: known.message, remedy: known.remedy ?? errorTable.KPT_INTERNAL.remedy };
}

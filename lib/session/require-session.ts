// Whether a program without types has given a session, or what runs like one.
import { requireArgument } from '../errors.js';

/** The session. Throws KPT_OPTION_INVALID for anything else. */
export function requireSession<S extends { run: unknown; inputMetadata: unknown }>(
  session: S,
  where: string,
): S {
  const given = session as Partial<S> | null | undefined;
  const right = typeof given?.run === 'function' && Array.isArray(given.inputMetadata);
  const how =
    typeof session === 'string' ? 'await InferenceSession.create(path)' : 'InferenceSession.create()';
  requireArgument(right, `a session, as ${how} gives one,`, where, session);
  return session;
}

// Records by names that files choose: an input may be called "constructor" or "__proto__".

/** The property itself, not one that all objects have. */
export const own = <T>(record: Readonly<Record<string, T>>, name: string): T | undefined =>
  Object.hasOwn(record, name) ? record[name] : undefined;

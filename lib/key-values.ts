/** Tags and attributes, as templates have them. */

/** @returns the members as a list, in their order. */
export function keyValues(values: Readonly<Record<string, string>>): { key: string; value: string }[] {
  return Object.entries(values).map(([key, value]) => ({ key, value }));
}

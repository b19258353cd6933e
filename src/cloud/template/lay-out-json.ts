const COLUMNS = 140;

/**
 * JSON for people who review it: what fits on a line stands on one, the rest is indented by one space, because every byte counts.
 * The same value always gives the same text; keys stay in their order.
 */
export function layOutJson(value: unknown, indent = ''): string {
  const whole = JSON.stringify(value);
  if (whole === undefined) throw new TypeError('not a value of JSON');
  if (typeof value !== 'object' || value === null || indent.length + whole.length <= COLUMNS) return whole;
  const inner = `${indent} `;
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((member) => inner + layOutJson(member, inner))
    : Object.entries(value).map(([key, member]) => `${inner}${JSON.stringify(key)}: ${layOutJson(member, inner)}`);
  return `${open}\n${members.join(',\n')}\n${indent}${close}`;
}

const COLUMNS = 140;

export interface Layout {
  /** Levels that are broken into lines; what lies deeper stands on one line, however long. */
  readonly levels: number;
}

/**
 * JSON for people who review it: what fits on a line stands on one, the rest is indented by one space, because every byte counts.
 * The same value always gives the same text; keys stay in their order.
 */
export function layOutJson(value: unknown, { levels }: Layout, indent = ''): string {
  const whole = JSON.stringify(value);
  if (whole === undefined) throw new TypeError('not a value of JSON');
  const isShort = indent.length + whole.length <= COLUMNS;
  if (typeof value !== 'object' || value === null || isShort || levels === 0) return whole;
  const inner = `${indent} `;
  const member = (it: unknown) => layOutJson(it, { levels: levels - 1 }, inner);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  const members = Array.isArray(value)
    ? value.map((it) => inner + member(it))
    : Object.entries(value).map(([key, it]) => `${inner}${JSON.stringify(key)}: ${member(it)}`);
  return `${open}\n${members.join(',\n')}\n${indent}${close}`;
}

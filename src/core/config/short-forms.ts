import { SHORT_FORM } from './json-schema-of.ts';

const EMPTY_MAY_BE = ['downloads', 'series', 'retention', 'status', 'alerts'];

/**
 * Writes out what people leave short: an optional section whose every line is commented out (YAML reads null) is a section left out;
 * `ntfy: https://…` is `ntfy: { url: https://… }`; one recipient of mail is a list of one.
 */
export function expandShortForms(value: unknown): unknown {
  if (!isGroup(value)) return value;
  const file = { ...value };
  for (const section of EMPTY_MAY_BE) if (file[section] === null) delete file[section];
  if (isGroup(file.alerts)) file.alerts = expandAlerts(file.alerts);
  return file;
}

function expandAlerts(written: Record<string, unknown>): Record<string, unknown> {
  const alerts = { ...written };
  for (const channel of ['ntfy', 'webhook', 'healthchecks']) {
    if (typeof alerts[channel] === 'string') alerts[channel] = { [SHORT_FORM]: alerts[channel] };
  }
  const { email } = alerts;
  if (isGroup(email) && typeof email.to === 'string') alerts.email = { ...email, to: [email.to] };
  return alerts;
}

function isGroup(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import type { Finding } from '../../core/config/mistake.ts';
import { lifecycleChecks } from './lifecycle-checks.ts';
import { readOutline } from './outline.ts';
import { ruleChecks } from './rule-checks.ts';
import { serverChecks } from './server-checks.ts';

/** What single values cannot show: settings that contradict each other. Reads what of the file can be read. */
export function crossCheck(value: unknown): readonly Finding[] {
  const outline = readOutline(value);
  if (outline === null) return [];
  return [...serverChecks(outline), ...outline.servers.flatMap(ruleChecks), ...lifecycleChecks(outline)];
}

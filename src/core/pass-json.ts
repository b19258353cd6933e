import type { PassJson } from './output-schemas.ts';
import type { PassReport } from './pass-report.ts';
import { formatUtc } from './zoned-time.ts';

/** What a pass did, for programs. */
export function passJson({ startedAtMs, endedAtMs, vaults, stopped }: PassReport): PassJson {
  return {
    startedAt: formatUtc(startedAtMs),
    endedAt: formatUtc(endedAtMs),
    vaults: vaults.map((vault) => ({ ...vault, failures: [...vault.failures] })),
    stopped,
  };
}

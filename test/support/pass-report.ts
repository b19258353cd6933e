import type { VaultReport } from '../../src/core/pass-report.ts';

/** What a pass says of a vault where it found nothing to do. */
export function quietReport(vault: string, more: Partial<VaultReport> = {}): VaultReport {
  return {
    vault,
    requests: 1,
    listing: 'full',
    listed: 0,
    newArchives: 0,
    downloaded: 0,
    downloadedBytes: 0,
    adopted: 0,
    repaired: 0,
    quarantined: 0,
    failures: [],
    problem: null,
    clockOffsetMs: 0,
    ...more,
  };
}

/**
 * Why retention is held for a series. owner: `pullmirror freeze`. failed: its newest archive failed verification or is damaged. sizes: far off the
 * series' history. conflict, suspect: an archive waits for acknowledgement. shrunk: archives left the vault unexpectedly. bulk: far more archives
 * arrived than expected.
 */
export const FREEZE_CAUSES = ['owner', 'failed', 'sizes', 'conflict', 'suspect', 'shrunk', 'bulk'] as const;
export type FreezeCause = (typeof FREEZE_CAUSES)[number];

/** What `status` counts of one series in one vault; `series` null for archives that none matches. Times are milliseconds since 1970 UTC. */
export interface SeriesCounts {
  readonly vault: string;
  readonly series: string | null;
  readonly stored: number;
  readonly storedBytes: number;
  readonly wanted: number;
  readonly wantedBytes: number;
  readonly held: number;
  readonly unavailable: number;
  /**
   * LastModified of the newest archive on the disk that counts as a backup of its time, or null: undamaged, not suspect, with a time that a vault told,
   * with a time that had come by then, and no other content under a known key (`whyUnsound`).
   */
  readonly newestSoundMs: number | null;
  /** LastModified of the newest on the disk whose time had not come when it came, or null. */
  readonly newestAheadMs: number | null;
  /** LastModified of the newest on the disk that is damaged, suspect, a replacement or dated in the future, or null. */
  readonly newestDoubtedMs: number | null;
  /** The longest ago that any stored archive was last hashed, or null. */
  readonly oldestVerifiedMs: number | null;
  /** Undamaged ones last hashed before the time that was asked about. */
  readonly overdueForScrub: number;
  /** Undamaged ones hashed at a time that has not come yet: a clock was wrong, and when it was is not known. */
  readonly verifiedAhead: number;
  /** Listed, and the keep rules would remove them at once. */
  readonly unwanted: number;
  readonly pinned: number;
  /** Their removal is announced, the first since `firstAnnouncedMs`. */
  readonly announced: number;
  readonly announcedBytes: number;
  readonly firstAnnouncedMs: number | null;
}

import type { ArchiveClass } from './upload-side.ts';

/**
 * US dollars for keeping a GB (2^30 bytes) a month in us-east-1, first tier, taken down in 2026-11 from secondary sources. Others charge up to
 * 1.8 times as much (São Paulo); requests and traffic come on top and are small beside it.
 */
export const STORAGE_PRICES: {
  readonly perGbMonthUsd: Readonly<Record<'STANDARD' | ArchiveClass, number>>;
  readonly caveat: string;
} = {
  perGbMonthUsd: { STANDARD: 0.023, STANDARD_IA: 0.0125, GLACIER_IR: 0.004, GLACIER: 0.0036, DEEP_ARCHIVE: 0.00099 },
  caveat: 'at the prices of us-east-1 in November 2026; other regions charge up to 1.8 times as much',
};

/** Days that AWS bills at least for what is moved to a class (S3 pricing, "minimum storage duration"). */
export const MINIMUM_DAYS: Readonly<Record<ArchiveClass, number>> = {
  STANDARD_IA: 30,
  GLACIER_IR: 90,
  GLACIER: 90,
  DEEP_ARCHIVE: 180,
};

/** Smaller objects are not moved to another class (S3 user guide, "Lifecycle transitions", since 2024-09). */
export const SMALLEST_TRANSITION_BYTES = 128 * 1024;

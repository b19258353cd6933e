import { CHECKSUM_CHECKS } from './checksum-checks.ts';
import { type ContractCheck, type ContractTarget, openContext } from './contract-check.ts';
import { LISTING_CHECKS } from './listing-checks.ts';
import { MULTIPART_CHECKS } from './multipart-checks.ts';
import { OBJECT_CHECKS } from './object-checks.ts';
import { PROMOTION_CHECKS } from './promotion-checks.ts';
import { VERSION_CHECKS } from './version-checks.ts';
import { WRITE_ONCE_CHECKS } from './write-once-checks.ts';

/** The part of tap that is needed: a named result, passed or failed. */
export interface ContractReporter {
  pass(name: string): void;
  fail(name: string, extra: { readonly found: string }): void;
}

export const CONTRACT_CHECKS: readonly ContractCheck[] = [
  ...OBJECT_CHECKS,
  ...LISTING_CHECKS,
  ...WRITE_ONCE_CHECKS,
  ...VERSION_CHECKS,
  ...MULTIPART_CHECKS,
  ...CHECKSUM_CHECKS,
  ...PROMOTION_CHECKS,
];

/**
 * What this project expects of an S3 server, asked through the SDK alone. Deviations are known by the names of their checks;
 * one that no longer deviates, or that names no check, fails like a check that breaks.
 */
export async function testS3Contract(
  reporter: ContractReporter,
  target: ContractTarget,
  deviations: readonly string[],
): Promise<void> {
  for (const name of deviations) {
    if (!CONTRACT_CHECKS.some((known) => known.name === name)) {
      reporter.fail(`deviation: ${name}`, { found: 'no check has this name' });
    }
  }
  // Buckets stay behind on a server that outlives the run.
  const run = Date.now().toString(36);
  for (const [index, { name, run: runCheck }] of CONTRACT_CHECKS.entries()) {
    const context = openContext(target, `contract-${run}-${index}`);
    const broken = await runCheck(context).then(
      () => null,
      (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
    );
    context.close();
    const isKnown = deviations.includes(name);
    if (broken === null && isKnown) reporter.fail(name, { found: 'no longer deviates: take it off the list' });
    else if (broken !== null && !isKnown) reporter.fail(name, { found: broken });
    else reporter.pass(isKnown ? `${name} (known deviation)` : name);
  }
}

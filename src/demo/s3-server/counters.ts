/** What a server has done since it started, for budgets in tests. */
export class Counters {
  requests = 0;
  /** Bytes of object data (answers to GetObject) handed to the kernel; listings and errors are not counted. */
  bytesServed = 0;
  readonly requestsByOperation: Record<string, number> = {};

  count(operation: string): void {
    this.requestsByOperation[operation] = (this.requestsByOperation[operation] ?? 0) + 1;
  }
}

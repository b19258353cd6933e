/** What work on a known number of bytes tells; a bar, lines or nothing may listen. Must not throw; called often, must be cheap. */
export interface ByteProgress {
  /** Said once, before the first bytes. */
  begin(total: { readonly archives: number; readonly bytes: number }): void;
  advanced(bytes: number): void;
  finished(name: string): void;
  /** Something a person should see at once. */
  say(text: string): void;
  end(): void;
}

export const silentByteProgress: ByteProgress = {
  begin() {},
  advanced() {},
  finished() {},
  say() {},
  end() {},
};

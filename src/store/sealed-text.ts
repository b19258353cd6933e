import { createHash } from 'node:crypto';

const LAST_LINE = /^(?:# )?Written by pullmirror\. SHA-256 of the lines above: ([0-9a-f]{64})\n$/;

/**
 * Ends a text with a line that tells whether it is still as it was written, by whichever release: what is can be renewed, what is not was changed by
 * somebody.
 *
 * @param text ends with a newline
 * @param comment what makes a line a comment in it
 */
export function sealText(text: string, comment = ''): string {
  return `${text}${comment}Written by pullmirror. SHA-256 of the lines above: ${sha256(text)}\n`;
}

export function isSealed(text: string): boolean {
  const begin = text.lastIndexOf('\n', text.length - 2) + 1;
  return LAST_LINE.exec(text.slice(begin))?.[1] === sha256(text.slice(0, begin));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

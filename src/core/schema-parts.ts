import * as z from 'zod';
import { ERROR_KINDS, type ErrorCode } from './errors.ts';

// What the documents of `--json` are made of. Numbers of bytes are numbers, times are RFC 3339 in UTC.

export const v = z.literal(1);
export const time = z.iso.datetime();
export const bytes = z.int().min(0);
export const count = z.int().min(0);
export const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
export const code = z.enum(Object.keys(ERROR_KINDS) as [ErrorCode, ...ErrorCode[]]);

export const problem = z.object({ code, message: z.string(), hint: z.string() });
export const named = z.object({ archiveId: z.int(), vault: z.string(), key: z.string() });
export const texts = z.array(z.string());
/** In a file that a person writes. */
export const mistake = z.object({ line: count, column: count, path: z.string(), message: z.string() });

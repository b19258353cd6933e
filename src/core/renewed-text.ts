import * as z from 'zod';

/** A file at the top of the store that is ours and had to be made anew. */
export const renewedText = z.object({
  name: z.string(),
  was: z.enum(['missing', 'cut', 'older', 'foreign']).meta({
    description: 'cut: by a power cut. older: of another release. foreign: changed, or written, by somebody else.',
  }),
  aside: z.string().nullable().meta({ description: 'Where that is now which somebody else wrote.' }),
});
export type RenewedText = z.output<typeof renewedText>;

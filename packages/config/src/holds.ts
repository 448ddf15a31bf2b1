import { z } from 'zod'

/**
 * When a check across several keys can run: as soon as those keys are sound, whatever else is wrong beside them. Without
 * it, zod runs such a check only when nothing else is wrong, and a person would hear of the last fault last.
 */
export function holds(shape: z.ZodRawShape): (payload: { value: unknown }) => boolean {
  const schema = z.object(shape)
  return ({ value }) => schema.safeParse(value).success
}

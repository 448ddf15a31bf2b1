import { LogpipeError } from '@logpipe/runtime'

export { PackedContent } from './content.ts'
export { kindBytes, kindOf, packedKind, type PackedKind } from './kind.ts'
export { PackedSlots, type SlotOwner } from './slots.ts'

/** What /files says of a packed file that ends in the middle. */
export const incompleteRemark = 'It is packed and not complete yet; the rest is read when it is there.'

/**
 * Less than a head of a packed file tells little of what it is. Whoever writes it may be slow; after so long without a byte more they have died, and it
 * is what there is.
 */
export const stalledMs = 30_000
/** One that is gone, and still tells nothing after so long, is given up. */
export const givenUpMs = 45_000

/** The sentence for a packed file of which only the beginning can be unpacked. */
export function brokenError(path: string, reason: string | undefined): LogpipeError {
  return new LogpipeError(
    'file_unreadable',
    `${path} is packed and broken: ${reason ?? 'it cannot be unpacked'}. What stands before is sent; pack it again, or exclude it.`,
  )
}

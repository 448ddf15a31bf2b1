import { LogpipeError } from '@logpipe/runtime'

export { PackedContent } from './content.ts'
export { kindBytes, kindOf, packedKind, type PackedKind } from './kind.ts'
export { PackedSlots, type SlotOwner } from './slots.ts'

/** What /files says of a packed file that ends in the middle. */
export const incompleteRemark = 'It is packed and not complete yet; the rest is read when it is there.'

/** The sentence for a packed file of which only the beginning can be unpacked. */
export function brokenError(path: string, reason: string | undefined): LogpipeError {
  return new LogpipeError(
    'file_unreadable',
    `${path} is packed and broken: ${reason ?? 'it cannot be unpacked'}. What stands before is sent; pack it again, or exclude it.`,
  )
}

import type { CollectEntry } from '@logpipe/config'

/** Whether NULs are a part of such texts: in two-byte encodings, or as what ends their lines. */
export function hasOwnNuls({ encoding, delimiter }: Pick<CollectEntry, 'encoding' | 'delimiter'>): boolean {
  return encoding.startsWith('utf-16') || delimiter.includes('\0')
}

/** Whether these first bytes of a file are not those of a text: more than one in ten is NUL. NULs in front are a hole that a writer left. */
export function isBinary(head: Buffer): boolean {
  let start = 0
  while (start < head.length && head[start] === 0) start++
  return countNuls(head, start) * 10 > head.length - start
}

/** How many of these bytes are NUL, those in front apart. */
function nulsIn(head: Buffer): number {
  let start = 0
  while (start < head.length && head[start] === 0) start++
  return countNuls(head, start)
}

/** What /files says of a file that begins like this and is collected; null where nothing is odd about it. */
export function nulRemark(head: Buffer): string | null {
  if (nulsIn(head) > 0) return 'It holds NUL bytes; it is collected as text all the same.'
  return head[0] === 0 ? 'It begins with NUL bytes, a hole as copytruncate leaves it; they are passed over.' : null
}

function countNuls(head: Buffer, start: number): number {
  let nuls = 0
  for (let at = head.indexOf(0, start); at >= 0; at = head.indexOf(0, at + 1)) nuls++
  return nuls
}

/** What /files says of a file that is no text. */
export function binaryReason(encoding: string): string {
  return `It is no text: more than one in ten of its first bytes is NUL. Set 'encoding' (it is ${encoding}) if it is a text all the same, or exclude it.`
}

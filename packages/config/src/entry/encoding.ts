import { z } from 'zod'
import { nearest } from '../load/suggest.ts'

/** Encodings that people write logs in, for sentences and suggestions; all others of the WHATWG standard are known too. */
const common =
  'utf-8 utf-16 utf-16le utf-16be gbk gb18030 big5 shift_jis euc-jp euc-kr latin1 windows-1251 windows-1252 koi8-r iso-8859-15'

/**
 * The WHATWG name of an encoding (`latin1` is `windows-1252` there, `utf8` is `utf-8`); null where there is none. `utf-16` stays as
 * it is: the byte order mark decides.
 */
export function encodingName(label: string): string | null {
  const name = label.trim().toLowerCase()
  if (name === 'utf-16') return name
  try {
    return new TextDecoder(name).encoding
  } catch {
    return null
  }
}

/** Whether a line feed is more than one byte in it. */
export function isWide(encoding: string): boolean {
  return encoding.startsWith('utf-16')
}

/** An encoding by any of its names; becomes the WHATWG name. */
export const Encoding = z.string().transform((label, context) => {
  const name = encodingName(label)
  if (name !== null) return name
  const guess = nearest(label, common.split(' '))
  context.addIssue(`is no encoding that is known${guess === undefined ? '' : `; did you mean '${guess}'?`}`)
  return z.NEVER
})

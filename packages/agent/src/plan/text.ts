import type { CollectEntry } from '@logpipe/config'
import { describeError, LogpipeError } from '@logpipe/runtime'
import { compileRegex, type LinearRegex } from '@logpipe/runtime/regex'
import { makeUnwrapper } from '../harvest/events/container/unwrapper.ts'
import { TextEncoding } from '../harvest/events/encoding.ts'
import { EventFilter } from '../harvest/events/filter.ts'
import { compileGrouping } from '../harvest/events/multiline/grouper.ts'
import type { LineGrouper, Unwrapper } from '../harvest/events/stages.ts'

/** What an entry wants done with its lines on their way to records, compiled once for all its files. */
export interface EntryText {
  /** How files are written; one of two where the byte order mark says which. */
  readonly encodings: { readonly usual: TextEncoding; readonly marked: TextEncoding }
  /** Null where every line is an event. */
  readonly makeGrouper: (() => LineGrouper) | null
  readonly makeUnwrapper: (() => Unwrapper) | null
  readonly maxEventLines: number
  readonly maxEventBytes: number
  /** Time without growth after which an event is taken as it stands; 0 where every line is one. */
  readonly timeoutMs: number
  /** Null where every event goes, as it is. */
  readonly filter: EventFilter | null
}

/**
 * What `spec` wants done with its lines; null where nothing, so that they go the plain way. Throws `settings_invalid` with a sentence
 * that names the key.
 */
export function compileText(spec: CollectEntry): EntryText | null {
  const { encoding, delimiter, multiline, container, onLongLine } = spec
  const filter = compileFilter(spec)
  const isPlain = encoding === 'utf-8' && delimiter === '\n' && multiline === undefined && container === undefined
  if (isPlain && filter === null && onLongLine === 'split') return null
  return {
    encodings: encodingsOf(encoding, delimiter),
    makeGrouper:
      multiline === undefined ? null : compileGrouping(multiline, (pattern) => regexOf('multiline', pattern)),
    makeUnwrapper: container === undefined ? null : () => makeUnwrapper(container),
    maxEventLines: multiline?.maxLines ?? 1,
    maxEventBytes: multiline?.maxBytes ?? Math.max(spec.maxLineBytes, leastPartsBytes),
    timeoutMs: multiline?.timeout ?? (container === undefined ? 0 : partsTimeoutMs),
    filter,
  }
}

/** How long the next part of a line is waited for. */
const partsTimeoutMs = 5_000
/** Lines that come in parts are joined up to so many bytes at least. */
const leastPartsBytes = 1_048_576

function encodingsOf(name: string, delimiter: string): EntryText['encodings'] {
  if (name !== 'utf-16') {
    const usual = new TextEncoding(name, delimiter)
    return { usual, marked: usual }
  }
  return { usual: new TextEncoding('utf-16le', delimiter), marked: new TextEncoding('utf-16be', delimiter) }
}

function compileFilter({ includeLines, excludeLines, redact }: CollectEntry): EventFilter | null {
  if (includeLines.length + excludeLines.length + redact.length === 0) return null
  return new EventFilter(
    includeLines.map((pattern) => regexOf('includeLines', pattern)),
    excludeLines.map((pattern) => regexOf('excludeLines', pattern)),
    redact.map(({ pattern, replace }) => ({ regex: regexOf('redact', pattern), replace })),
  )
}

function regexOf(key: string, pattern: string): LinearRegex {
  try {
    return compileRegex(pattern)
  } catch (error) {
    throw new LogpipeError('settings_invalid', `${key}: ${describeError(error)}`, { cause: error })
  }
}

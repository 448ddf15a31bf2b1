import type { PlanEntry } from '../../plan/compile.ts'
import type { EntryText } from '../../plan/text.ts'
import type { Feed, FeedContext } from '../feed.ts'
import type { Quota } from '../quota.ts'
import type { Source } from '../source.ts'
import { EventAssembler } from './assembler.ts'
import { LineDecoder } from './decode.ts'
import type { TextEncoding } from './encoding.ts'
import { eventLimits } from './limits.ts'
import { RecordWriter } from './record-writer.ts'
import { SourceLines } from './source-lines.ts'
import { Tally } from './tally.ts'
import { TextEvent } from './text-event.ts'
import { Ways } from './ways.ts'

/**
 * Makes records of files whose entry asks for more than lines as they stand: other encodings and delimiters, events of several lines,
 * container formats, filters, and what to do with lines that are too long.
 *
 *   bytes → lines → UTF-8 → container → events → filter, redaction → too long? → batches
 */
export class EventFeed implements Feed {
  end = 0
  lineCount = 0
  wholeEnd = -1
  partialEnd = -1
  readonly maxUnitBytes: number
  readonly aheadBytes: number
  readonly waitMs: number
  readonly #source: Source
  readonly #onLongLine: 'split' | 'truncate' | 'deadLetter'
  readonly #filter: EntryText['filter']
  readonly #encodings: EntryText['encodings']
  readonly #maxLineBytes: number
  #encoding: TextEncoding
  #lines: SourceLines
  #decoder: LineDecoder
  /** Null where every line is an event. */
  readonly #assembler: EventAssembler | null
  readonly #writer: RecordWriter
  readonly #ways: Ways
  readonly #tally: Tally
  /** Longest event that is not too long, and longest value of a record. */
  readonly #maxEventBytes: number
  readonly #single = [new TextEvent()]
  /** An event waits for room among the dead letters. */
  #needsDeadLetters = false
  #position = 0

  constructor(source: Source, entry: PlanEntry, text: EntryText, context: FeedContext) {
    const { onLongLine } = entry.spec
    this.#source = source
    this.#onLongLine = onLongLine
    this.#filter = text.filter
    this.#encodings = text.encodings
    this.#encoding = text.encodings.usual
    this.#ways = new Ways(source, entry, context)
    const { batchBytes } = context
    const limits = eventLimits(entry.spec, text, this.#encoding, { batchBytes, headerBytes: this.#ways.headerBytes })
    this.#maxEventBytes = limits.eventBytes
    this.#maxLineBytes = limits.lineBytes
    this.#lines = this.#linesIn(this.#encoding)
    this.#decoder = new LineDecoder(this.#encoding)
    this.#assembler = EventAssembler.of(text, limits.groupBytes)
    this.#writer = new RecordWriter(source)
    this.#tally = new Tally(context.events, source, entry.spec.encoding)
    this.maxUnitBytes = this.#lines.needBytes + limits.groupBytes
    this.aheadBytes = this.maxUnitBytes
    this.waitMs = text.timeoutMs
  }

  get hasRoom(): boolean {
    if (this.#ways.main?.lane.hasRoom !== true) return false
    return !this.#needsDeadLetters || this.#ways.deadLetters?.lane.hasRoom === true
  }

  get blockedReason(): string | null {
    return this.#ways.reason(this.#needsDeadLetters)
  }

  append(bytes: Buffer, position: number, first: number, limit: number, quota: Quota): boolean {
    const { cut } = this.#source
    this.#needsDeadLetters = false
    this.#useEncoding()
    this.#position = position
    this.end = first
    this.wholeEnd = -1
    this.partialEnd = -1
    this.#lines.reset(bytes, position, limit, cut < 0 ? -1 : cut - position)
    this.#decoder.reset(bytes, limit)
    this.#assembler?.reset(position + first)
    this.#writer.begin(bytes, position, position + first)
    const hasRoom = this.#run(first, quota)
    // Without a way nothing was written, and nothing passed over either.
    const main = this.#ways.main?.lane.openBatch ?? null
    this.#writer.end(position + this.end, main)
    this.lineCount = this.#writer.count
    this.#tally.tell()
    return hasRoom
  }

  #linesIn(encoding: TextEncoding): SourceLines {
    return new SourceLines({ encoding, maxBytes: this.#maxLineBytes, onLongLine: this.#onLongLine })
  }

  /** The file's beginning was looked at by now. */
  #useEncoding(): void {
    const { usual, marked } = this.#encodings
    const encoding = this.#source.isBigEndian ? marked : usual
    if (encoding === this.#encoding) return
    this.#encoding = encoding
    this.#lines = this.#linesIn(encoding)
    this.#decoder = new LineDecoder(encoding)
  }

  /** Takes line after line; `end` follows from clean point to clean point. False where room ran out. */
  #run(first: number, quota: Quota): boolean {
    const lines = this.#lines
    const { sendableUntil, epochEnd, cut } = this.#source
    const sendableEnd = Math.min(sendableUntil - this.aheadBytes, epochEnd) - this.#position
    const cutAt = cut - this.#position
    for (let at = first; ; at = lines.next) {
      if (this.end >= sendableEnd || this.#writer.count >= quota.lines || this.end - first >= quota.bytes) return true
      const found = lines.find(at)
      if (found === 'nothing') {
        if (at > this.end) this.wholeEnd = this.#position + at
        this.partialEnd = this.#position + lines.partialEnd(at)
        return true
      }
      const { contentEnd, next } = lines
      if (found === 'blank' || found === 'rest') {
        if (!this.#finish(at)) return false
        if (found === 'rest') this.#tally.truncatedBytes += contentEnd - at
        this.#passed(next)
      } else if (!this.#take(at, contentEnd, next, found === 'long')) {
        return false
      }
      if (next === cutAt && !this.#finish(next)) return false
    }
  }

  /** Takes the line `[at, contentEnd)`. False where there is no room for what came of it. */
  #take(at: number, contentEnd: number, next: number, isLong: boolean): boolean {
    const decoder = this.#decoder
    const assembler = this.#assembler
    const position = this.#position
    if (assembler !== null && !isLong) {
      decoder.take(at, contentEnd, next)
      const { text, start, end, faults } = decoder
      return !assembler.take(text, start, end, position + at, position + next, faults) || this.#flush(assembler)
    }
    if (!this.#finish(at)) return false
    decoder.take(at, contentEnd, next)
    const [single] = this.#single as [TextEvent]
    single.wrap(decoder.text, decoder.start, decoder.end, position + at, position + next, decoder.faults)
    if (!this.#put(this.#single, isLong)) return false
    this.#passed(next)
    return true
  }

  /** Everything before `at` is dealt with, and nothing is under way. */
  #passed(at: number): void {
    this.end = at
    this.#assembler?.reset(this.#position + at)
  }

  /** What is under way ends as it stands. */
  #finish(at: number): boolean {
    const assembler = this.#assembler
    if (assembler === null || assembler.isIdle) return true
    return !assembler.finish(this.#position + at) || this.#flush(assembler)
  }

  #flush(assembler: EventAssembler): boolean {
    if (!this.#put(assembler.done, false)) return false
    this.#tally.unwrapped += assembler.foreign
    assembler.release()
    this.end = assembler.cleanEnd - this.#position
    return true
  }

  /** Writes events that were made together: all of them or, where there is no room, none. */
  #put(events: readonly TextEvent[], isLong: boolean): boolean {
    const tally = this.#tally
    let sends = false
    let setsAside = false
    for (const event of events) {
      event.fate = this.#judge(event, isLong)
      sends ||= event.fate === 'send'
      setsAside ||= event.fate === 'deadLetter'
    }
    const main = this.#ways.main
    const dead = setsAside ? this.#ways.deadLetters : null
    this.#needsDeadLetters = setsAside && dead?.lane.hasRoom !== true
    if (this.#needsDeadLetters || (sends && main?.lane.hasRoom !== true)) return false
    this.#writer.beginGroup(this.#position + this.end)
    for (const [index, event] of events.entries()) {
      tally.undecoded += event.faults
      if (event.fate === 'drop') {
        tally.filteredLines++
        continue
      }
      if (event.isRewritten) tally.redactedLines++
      const way = event.fate === 'deadLetter' ? dead : main
      if (event.fate === 'deadLetter') tally.deadLetters++
      const isTruncated = this.#onLongLine === 'truncate'
      if (way === null) continue
      const following = events[index + 1]?.offset ?? Infinity
      tally.truncatedBytes += this.#writer.writeEvent(way, event, this.#maxEventBytes, isTruncated, following)
    }
    return true
  }

  /** What becomes of an event; blots out in it what nobody is to see. */
  #judge(event: TextEvent, isLong: boolean): TextEvent['fate'] {
    const setsAside = this.#onLongLine === 'deadLetter'
    if (this.#filter !== null) {
      const text = event.bytes.toString('utf8', event.start, event.end)
      // Of a line that is set aside nobody has seen all.
      if (!(isLong && setsAside) && !this.#filter.admits(text)) return 'drop'
      const redacted = this.#filter.redact(text)
      if (redacted !== text) event.rewrite(redacted)
    }
    return setsAside && (isLong || event.length > this.#maxEventBytes) ? 'deadLetter' : 'send'
  }
}

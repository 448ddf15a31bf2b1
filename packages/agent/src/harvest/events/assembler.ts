import type { EntryText } from '../../plan/text.ts'
import type { LineGrouper, LineRole, StreamNumber, Unwrapper } from './stages.ts'
import { TextEvent } from './text-event.ts'

export interface AssemblerOptions {
  unwrapper: Unwrapper | null
  /** One for each stream. */
  groupers: readonly [LineGrouper, LineGrouper] | null
  maxLines: number
  /** Largest event, in bytes of its text. */
  maxBytes: number
  /** Most bytes of the file from which events are made together. */
  maxGroupBytes: number
}

/** An event waits for its next line over so many lines of the other stream, at most. */
const patienceLines = 16
/** Events that are whole and wait for one that is not, at most. */
const maxWaiting = 256

/** What is under way in one stream. */
class StreamState {
  /** A line of which a part has come. */
  readonly line = new TextEvent()
  hasLine = false
  event: TextEvent | null = null
  /** Lines of the other stream since the last one of this. */
  foreignLines = 0
}

/**
 * Makes events of lines: takes them out of what a container runtime wrote, joins parts to lines, and lines to events. Events come out at
 * *clean points* only: offsets before which all is whole and behind which nothing of it stands, so that who begins to read at one
 * makes the same events. The two streams of a container may interleave; what lies between two clean points is a group.
 */
export class EventAssembler {
  /** Events that are whole, by offset; valid after `take` or `finish` returned true, until `release`. */
  readonly done: TextEvent[] = []
  /** The clean point up to which `done` reaches. */
  cleanEnd = 0
  /** Lines that were not of the container's format. */
  foreign = 0
  readonly #options: AssemblerOptions
  readonly #streams = [new StreamState(), new StreamState()] as const
  readonly #spare: TextEvent[] = []
  #groupStart = 0

  constructor(options: AssemblerOptions) {
    this.#options = options
  }

  /** The one that an entry asks for; null where every line is an event. */
  static of(
    { makeGrouper, makeUnwrapper, maxEventLines, maxEventBytes }: EntryText,
    maxGroupBytes: number,
  ): EventAssembler | null {
    if (makeGrouper === null && makeUnwrapper === null) return null
    return new EventAssembler({
      unwrapper: makeUnwrapper?.() ?? null,
      groupers: makeGrouper === null ? null : [makeGrouper(), makeGrouper()],
      maxLines: maxEventLines,
      maxBytes: maxEventBytes,
      maxGroupBytes,
    })
  }

  /** Nothing is under way: the next line is the first behind a clean point. */
  reset(offset: number): void {
    for (const stream of [0, 1] as const) {
      this.#drop(stream)
      this.#options.groupers?.[stream].reset()
    }
    this.release()
    this.#groupStart = offset
  }

  get isIdle(): boolean {
    return this.#streams.every(({ event, hasLine }) => event === null && !hasLine)
  }

  /**
   * Takes the line that is the text `bytes[start, end)` and stands at `[offset, next)` in the file. True where events came out.
   */
  take(bytes: Buffer, start: number, end: number, offset: number, next: number, faults: number): boolean {
    const { unwrapper } = this.#options
    if (unwrapper === null) {
      this.#line(0, bytes, start, end, offset, next, faults)
    } else if (unwrapper.take(bytes, start, end)) {
      this.#payload(unwrapper, offset, next, faults)
    } else {
      this.foreign++
      return this.alone(bytes, start, end, offset, next, faults)
    }
    if (this.#emit(next)) return true
    const isLarge = next - this.#groupStart > this.#options.maxGroupBytes || this.done.length > maxWaiting
    return isLarge && this.finish(next)
  }

  /** The text is an event of its own; whatever is under way ended before it. */
  alone(bytes: Buffer, start: number, end: number, offset: number, next: number, faults: number): boolean {
    this.#endAll()
    const event = this.#open(offset, faults)
    event.join(bytes, start, end, offset, next)
    this.done.push(event)
    return this.#emit(next)
  }

  /** Ends what is under way as it stands. True where events came out. */
  finish(offset: number): boolean {
    this.#endAll()
    this.#groupStart = offset
    return this.#emit(offset)
  }

  /** `done` has been used. */
  release(): void {
    this.foreign = 0
    if (this.done.length > 0) this.#spare.push(...this.done.splice(0))
  }

  #payload(
    { payload, payloadStart, payloadEnd, isPartial, stream }: Unwrapper,
    offset: number,
    next: number,
    faults: number,
  ): void {
    const state = this.#streams[stream]
    if (!state.hasLine && !isPartial) return this.#line(stream, payload, payloadStart, payloadEnd, offset, next, faults)
    if (!state.hasLine) state.line.open(offset)
    state.hasLine = true
    state.line.faults += faults
    state.line.joinPart(payload, payloadStart, payloadEnd, offset, next)
    if (!isPartial || state.line.length >= this.#options.maxBytes) this.#endLine(stream)
  }

  /** The line whose parts came one by one is taken as it is. */
  #endLine(stream: StreamNumber): void {
    const state = this.#streams[stream]
    if (!state.hasLine) return
    state.hasLine = false
    const { bytes, start, end, offset, sourceEnd, faults } = state.line
    this.#line(stream, bytes, start, end, offset, sourceEnd, faults, state.line)
  }

  #line(
    stream: StreamNumber,
    bytes: Buffer,
    start: number,
    end: number,
    offset: number,
    next: number,
    faults: number,
    parts: TextEvent | null = null,
  ): void {
    const { groupers, maxLines, maxBytes } = this.#options
    const state = this.#streams[stream]
    let role: LineRole = 'alone'
    if (groupers !== null) {
      const grouper = groupers[stream]
      this.#wait(stream === 0 ? 1 : 0)
      state.foreignLines = 0
      role = grouper.take(bytes, start, end)
      const { event } = state
      const isFull = event !== null && (event.lineCount >= maxLines || event.length + 1 + end - start > maxBytes)
      if (isFull && (role === 'joins' || role === 'ends')) {
        this.#endEvent(stream)
        grouper.reset()
        role = grouper.take(bytes, start, end)
      }
    }
    if (role === 'begins' || role === 'alone') this.#endEvent(stream)
    state.event ??= this.#open(offset, 0)
    state.event.faults += faults
    if (parts === null) state.event.join(bytes, start, end, offset, next)
    else state.event.joinLine(parts)
    if (role === 'ends' || role === 'alone') this.#endEvent(stream)
  }

  /** A line of the other stream came: an event does not wait for ever. */
  #wait(stream: StreamNumber): void {
    const state = this.#streams[stream]
    if (state.event === null || ++state.foreignLines <= patienceLines) return
    this.#endEvent(stream)
    this.#options.groupers?.[stream].reset()
  }

  #endEvent(stream: StreamNumber): void {
    const state = this.#streams[stream]
    if (state.event === null) return
    this.done.push(state.event)
    state.event = null
    state.foreignLines = 0
  }

  #endAll(): void {
    for (const stream of [0, 1] as const) {
      this.#endLine(stream)
      this.#endEvent(stream)
      this.#options.groupers?.[stream].reset()
    }
  }

  #drop(stream: StreamNumber): void {
    const state = this.#streams[stream]
    state.hasLine = false
    state.foreignLines = 0
    if (state.event !== null) this.#spare.push(state.event)
    state.event = null
  }

  #open(offset: number, faults: number): TextEvent {
    const event = this.#spare.pop() ?? new TextEvent()
    event.open(offset)
    event.faults = faults
    return event
  }

  /** Whether what is whole ends before all that is not; `next`: where the next line stands. */
  #emit(next: number): boolean {
    if (this.done.length === 0) return false
    let clean = next
    for (const { line, hasLine, event } of this.#streams) {
      if (hasLine) clean = Math.min(clean, line.offset)
      if (event !== null) clean = Math.min(clean, event.offset)
    }
    if (this.done.some(({ sourceEnd }) => sourceEnd > clean)) return false
    if (this.done.length > 1) this.done.sort((a, b) => a.offset - b.offset)
    this.cleanEnd = clean
    this.#groupStart = clean
    return true
  }
}

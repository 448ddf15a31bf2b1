import { pieceEnd } from '../lines.ts'

const leastBytes = 1_024
/** Memory of an event that is larger is given back. */
const keptBytes = 262_144
const newlineByte = 10
const nothing = Buffer.alloc(0)

/**
 * The text of an event while lines join it, and where in the file each part of it stands. Reused; the memory of a large one is
 * given back.
 *
 *   text     │ line 1 │\n│ line 2 │          parts: [at in text, offset in file, bytes in file], …
 *   file     │ line 1 \r\n│ line 2 \n│
 */
export class TextEvent {
  bytes: Buffer = nothing
  start = 0
  end = 0
  /** Offset of its first byte in the file, and of what follows its last line. */
  offset = 0
  sourceEnd = 0
  lineCount = 0
  /** What becomes of it: it goes, it does not, or it is set aside. */
  fate: 'send' | 'drop' | 'deadLetter' = 'send'
  isRewritten = false
  /** Characters that could not be decoded. */
  faults = 0
  readonly #parts: number[] = []
  #own = nothing
  /** Bytes of the text as it was joined for one of the text as it is now. */
  #scale = 1

  get length(): number {
    return this.end - this.start
  }

  /** Begins anew: the event is the text `bytes[start, end)` as it stands there, of the line at `[offset, sourceEnd)` in the file. */
  wrap(bytes: Buffer, start: number, end: number, offset: number, sourceEnd: number, faults: number): void {
    this.#begin(offset, sourceEnd)
    this.bytes = bytes
    this.start = start
    this.end = end
    this.faults = faults
    this.lineCount = 1
    this.#parts.push(0, offset, sourceEnd - offset)
  }

  /** Begins anew with no text, in memory of its own. */
  open(offset: number): void {
    if (this.#own.length > keptBytes) this.#own = nothing
    this.bytes = this.#own
    this.start = 0
    this.end = 0
    this.#begin(offset, offset)
  }

  #begin(offset: number, sourceEnd: number): void {
    this.offset = offset
    this.sourceEnd = sourceEnd
    this.faults = 0
    this.lineCount = 0
    this.#parts.length = 0
    this.#scale = 1
    this.isRewritten = false
  }

  /** Adds the text of the line at `[offset, sourceEnd)` in the file, behind `\n` where it is not the first. */
  join(bytes: Buffer, start: number, end: number, offset: number, sourceEnd: number): void {
    this.#makeRoom(end - start + 1)
    if (this.lineCount++ > 0) this.#own[this.end++] = newlineByte
    this.#add(bytes, start, end, offset, sourceEnd)
  }

  /** Adds a part of a line. */
  joinPart(bytes: Buffer, start: number, end: number, offset: number, sourceEnd: number): void {
    this.#makeRoom(end - start)
    this.#add(bytes, start, end, offset, sourceEnd)
  }

  /** Adds a line that was joined of parts. */
  joinLine(line: TextEvent): void {
    const [textStart = 0, offset = 0, bytes = 0] = line.#parts
    const behind = line.#parts.length > 3 ? (line.#parts[3] as number) : line.end
    this.join(line.bytes, textStart, behind, offset, offset + bytes)
    for (let part = 3; part < line.#parts.length; part += 3) {
      const [from = 0, partOffset = 0, partBytes = 0, to = line.end] = line.#parts.slice(part, part + 4)
      this.joinPart(line.bytes, from, to, partOffset, partOffset + partBytes)
    }
    this.sourceEnd = line.sourceEnd
  }

  #makeRoom(bytes: number): void {
    const need = this.end + bytes
    if (need <= this.#own.length) return
    this.#own = Buffer.allocUnsafeSlow(Math.max(leastBytes, 2 * need))
    this.bytes.copy(this.#own, 0, 0, this.end)
    this.bytes = this.#own
  }

  #add(bytes: Buffer, start: number, end: number, offset: number, sourceEnd: number): void {
    this.#parts.push(this.end, offset, sourceEnd - offset)
    bytes.copy(this.#own, this.end, start, end)
    this.end += end - start
    this.sourceEnd = sourceEnd
  }

  /** Its text is another one now; what came from where is guessed by the places in the text. */
  rewrite(text: string): void {
    const before = this.length
    this.isRewritten = true
    this.bytes = Buffer.from(text)
    this.start = 0
    this.end = this.bytes.length
    this.#scale = (this.#scale * before) / Math.max(1, this.end)
  }

  /**
   * Offset in the file of the text's byte `at`, as far as that can be told: always one of the event's own bytes, and the same whenever
   * it is asked.
   */
  offsetOf(at: number): number {
    const parts = this.#parts
    const textLength = Math.round(this.length * this.#scale)
    const place = Math.floor(at * this.#scale)
    let part = parts.length - 3
    while (part > 0 && (parts[part] as number) > place) part -= 3
    const textStart = parts[part] as number
    const length = (part + 3 < parts.length ? (parts[part + 3] as number) : textLength) - textStart
    const sourceBytes = parts[part + 2] as number
    const within = place - textStart
    // Where there are as many bytes as in the text, but for the line's end, they are the same ones.
    const isShorter = sourceBytes < length
    return (parts[part + 1] as number) + (isShorter ? Math.floor((within * sourceBytes) / length) : within)
  }

  /** End of the piece of the text that begins at `at` and has at most `max` bytes. */
  pieceEnd(at: number, max: number): number {
    if (this.length - at <= max) return this.length
    return pieceEnd(this.bytes, this.start + at, max) - this.start
  }
}

import { LogpipeError } from '@logpipe/runtime'

/**
 * Walks over the records of one unpacked batch without making an object a record: after `next()` the fields tell where in
 * `buffer` the record's parts stand. Single owner. A start of −1 means null. Broken bytes throw `kafka_corrupt`.
 */
export class RecordCursor {
  readonly buffer: Buffer
  offset = -1
  timestampMs = -1
  keyStart = -1
  keyEnd = -1
  valueStart = -1
  valueEnd = -1
  headerCount = 0
  /** Where the first header stands, behind the count. */
  headersStart = 0
  headersEnd = 0
  /** Set by `findHeader`; a start of −1 means null. */
  headerValueStart = -1
  headerValueEnd = -1

  readonly #end: number
  readonly #count: number
  readonly #baseOffset: number
  readonly #baseTimestampMs: number
  readonly #fixedTimestampMs: number | null
  readonly #free: ((buffer: Buffer) => void) | undefined
  #position: number
  #index = 0

  /** `fixedTimestampMs`: the time of all records where the topic stamps them at append. `free` gives the buffer's memory back. */
  constructor(
    buffer: Buffer,
    start: number,
    recordCount: number,
    base: { offset: number; timestampMs: number; fixedTimestampMs: number | null },
    free?: (buffer: Buffer) => void,
  ) {
    this.buffer = buffer
    this.#position = start
    this.#end = buffer.length
    this.#count = recordCount
    this.#baseOffset = base.offset
    this.#baseTimestampMs = base.timestampMs
    this.#fixedTimestampMs = base.fixedTimestampMs
    this.#free = free
  }

  /** Gives the memory of unpacked records back at once. Neither the cursor nor its buffer, nor a view of it, may be used any more. */
  release(): void {
    this.#index = this.#count
    this.#free?.(this.buffer)
  }

  /** Goes to the next record; false behind the last. */
  next(): boolean {
    if (this.#index >= this.#count) return false
    const length = this.#varint()
    const end = this.#position + length
    if (length < 6 || end > this.#end) throw corrupt('a record reaches beyond its batch')
    this.#position++ // attributes, unused in the format
    const timestampDelta = this.#varlong()
    this.timestampMs = this.#fixedTimestampMs ?? this.#baseTimestampMs + timestampDelta
    this.offset = this.#baseOffset + this.#varint()
    const keyLength = this.#varint()
    this.keyStart = keyLength < 0 ? -1 : this.#position
    this.#position += keyLength < 0 ? 0 : keyLength
    this.keyEnd = this.keyStart < 0 ? -1 : this.#position
    const valueLength = this.#varint()
    this.valueStart = valueLength < 0 ? -1 : this.#position
    this.#position += valueLength < 0 ? 0 : valueLength
    this.valueEnd = this.valueStart < 0 ? -1 : this.#position
    this.headerCount = this.#varint()
    this.headersStart = this.#position
    this.headersEnd = end
    if (this.headersStart > end || this.headerCount < 0) throw corrupt('a part of a record reaches beyond the record')
    this.#position = end
    this.#index++
    return true
  }

  /** Finds the first header of this name and sets `headerValueStart` and `headerValueEnd`; false where there is none. */
  findHeader(name: Buffer): boolean {
    const { buffer, headersEnd } = this
    const resume = this.#position
    this.#position = this.headersStart
    let found = false
    for (let i = 0; i < this.headerCount && !found; i++) {
      const nameLength = this.#varint()
      const nameStart = this.#position
      this.#position = nameStart + nameLength
      const valueLength = this.#varint()
      this.headerValueStart = valueLength < 0 ? -1 : this.#position
      this.#position += valueLength < 0 ? 0 : valueLength
      this.headerValueEnd = valueLength < 0 ? -1 : this.#position
      if (nameLength < 0 || this.#position > headersEnd) throw corrupt('a header reaches beyond its record')
      found = nameLength === name.length && startsAt(buffer, nameStart, name)
    }
    this.#position = resume
    return found
  }

  /** All headers as objects, in order; for the slow paths. */
  headers(): { key: string; value: Buffer | null }[] {
    const resume = this.#position
    this.#position = this.headersStart
    const headers: { key: string; value: Buffer | null }[] = []
    for (let i = 0; i < this.headerCount; i++) {
      const nameLength = this.#varint()
      const nameStart = this.#position
      this.#position = nameStart + nameLength
      const valueLength = this.#varint()
      const valueStart = this.#position
      this.#position += Math.max(valueLength, 0)
      if (nameLength < 0 || this.#position > this.headersEnd) throw corrupt('a header reaches beyond its record')
      headers.push({
        key: this.buffer.toString('utf8', nameStart, nameStart + nameLength),
        value: valueLength < 0 ? null : this.buffer.subarray(valueStart, this.#position),
      })
    }
    this.#position = resume
    return headers
  }

  #varint(): number {
    const { buffer } = this
    let value = 0
    let shift = 0
    let byte: number
    do {
      if (this.#position >= this.#end || shift > 28) throw corrupt('a number is cut short or too long')
      byte = buffer[this.#position++] as number
      value |= (byte & 127) << shift
      shift += 7
    } while (byte & 128)
    return (value >>> 1) ^ -(value & 1)
  }

  #varlong(): number {
    const first = this.buffer[this.#position] as number
    if (this.#position < this.#end && first < 128) {
      this.#position++
      return (first >>> 1) ^ -(first & 1)
    }
    let value = 0n
    let shift = 0n
    let byte: number
    do {
      if (this.#position >= this.#end || shift > 63n) throw corrupt('a timestamp is cut short or too long')
      byte = this.buffer[this.#position++] as number
      value |= BigInt(byte & 127) << shift
      shift += 7n
    } while (byte & 128)
    return Number(BigInt.asIntN(64, (value >> 1n) ^ -(value & 1n)))
  }
}

/** For names of a few bytes a loop beats the call into `Buffer.compare`. */
function startsAt(buffer: Buffer, start: number, name: Buffer): boolean {
  for (let i = 0; i < name.length; i++) if (buffer[start + i] !== name[i]) return false
  return true
}

function corrupt(what: string): LogpipeError {
  return new LogpipeError('kafka_corrupt', `A record batch is broken: ${what}.`)
}

import { randomBytes, randomInt } from 'node:crypto'

const blockBytes = 262_144
const sequenceDigits = 12
const words = 'alpha beta gamma delta item cart search login image style script static api v2 page user'.split(' ')
const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')

/** The shortest line there is, with its newline. */
export const minLineBytes = lineOf('00000000', 0, '').line.length

/**
 * Makes lines that look like those of an access log, of equal length, each with the run and a number that counts from 0. A block of them
 * is kept, and only numbers and times are written anew, so that it takes next to no time.
 */
export class AccessLines {
  /** Stands in every line. */
  readonly run = randomBytes(4).toString('hex')
  /** Most lines of one block. */
  readonly blockLines: number
  readonly #block: Buffer
  readonly #lineBytes: number
  readonly #sequenceAt: number
  readonly #timeAt: number
  #next = 0
  #second = -1

  /** `lineBytes` counts the newline. */
  constructor(lineBytes: number) {
    this.#lineBytes = lineBytes
    this.blockLines = Math.max(1, Math.floor(blockBytes / lineBytes))
    const { sequenceAt, timeAt } = lineOf(this.run, 0, '')
    this.#sequenceAt = sequenceAt
    this.#timeAt = timeAt
    const lines = Array.from(
      { length: this.blockLines },
      (_, i) => lineOf(this.run, i, padding(lineBytes - minLineBytes)).line,
    )
    this.#block = Buffer.from(lines.join(''), 'latin1')
  }

  /** The next `count` lines, at most a block; valid until the next call. */
  take(count: number, nowMs: number): Buffer {
    this.#setTime(Math.floor(nowMs / 1_000))
    const lines = Math.min(count, this.blockLines)
    for (let i = 0; i < lines; i++) this.#setSequence(i * this.#lineBytes + this.#sequenceAt, this.#next++)
    return this.#block.subarray(0, lines * this.#lineBytes)
  }

  #setSequence(at: number, sequence: number): void {
    let rest = sequence
    for (let digit = sequenceDigits - 1; digit >= 0; digit--) {
      this.#block[at + digit] = 0x30 + (rest % 10)
      rest = Math.floor(rest / 10)
    }
  }

  #setTime(second: number): void {
    if (second === this.#second) return
    this.#second = second
    const text = timeText(second)
    for (let i = 0; i < this.blockLines; i++) this.#block.write(text, i * this.#lineBytes + this.#timeAt, 'latin1')
  }
}

function lineOf(run: string, i: number, pad: string): { line: string; timeAt: number; sequenceAt: number } {
  const host = `203.0.113.${100 + (i % 100)} - - [`
  const request = `${host}${timeText(0)}] "GET /${run}/`
  const line = `${request}${'0'.repeat(sequenceDigits)} HTTP/1.1" 200 ${1_000 + (i % 9_000)} "-" "bench${pad}"\n`
  return { line, timeAt: host.length, sequenceAt: request.length }
}

function padding(length: number): string {
  let text = ''
  while (text.length < length) text += `/${words[randomInt(words.length)] ?? ''}`
  return text.slice(0, length)
}

/** `21/Nov/2026:01:13:11 +0000`. */
function timeText(second: number): string {
  const iso = new Date(second * 1_000).toISOString()
  const month = months[Number(iso.slice(5, 7)) - 1] ?? ''
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`
}

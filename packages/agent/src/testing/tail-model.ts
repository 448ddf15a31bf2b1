import { cursorBytes, headBytes } from '../discover/fingerprint.ts'

/** A line that was written, and where it stands in its life. */
export interface Line {
  readonly text: string
  readonly start: number
  readonly end: number
}

/** The content of one file from its creation or truncation on, copies of it among that. */
export class Life {
  content: string
  /** Where the unfinished line begins. */
  partStart: number
  readonly lines: Line[] = []
  /** What would survive of the knowledge of it: nothing, the process, a crash, a power cut. */
  known: 'no' | 'seen' | 'stored' | 'durable' = 'no'
  /** The least of it that somebody who looked saw. */
  shortest = Infinity

  constructor(header: string) {
    this.content = header
    this.partStart = header.length
  }

  /** Text is appended; what ends with a newline is a line now. */
  append(text: string): void {
    this.content += text
    for (
      let end = this.content.indexOf('\n', this.partStart);
      end >= 0;
      end = this.content.indexOf('\n', this.partStart)
    ) {
      this.lines.push({ text: this.content.slice(this.partStart, end), start: this.partStart, end })
      this.partStart = end + 1
    }
  }
}

/** Something on disk that holds a life, or the beginning of one. */
export interface Carrier {
  readonly life: Life
  name: string
  /** How much of the life a copy holds; Infinity: it is the file itself. */
  size: number
  /** No glob matches its name. */
  isOut: boolean
  /** Removed, and read on through the handle that the agent that runs now has. */
  isRemoved: boolean
  /** A copy: bytes came to the original after it was made, time went by, or that ended in another way than by truncation. */
  mayBeOwn: boolean
  /** A copy whose original was truncated. */
  isCut: boolean
  /** And somebody has looked at that since. */
  isCutSeen: boolean
  /** The file, or that of which it is a copy, as a thing on disk. */
  readonly disk: object
  /** Its name held another life before, which was cut. */
  readonly isAnew: boolean
  /** When it was made. */
  readonly bornMs: number
}

/** What must arrive, and what may: a model of files that knows nothing of how they are read. */
export class Model {
  readonly lives: Life[] = []
  readonly carriers = new Set<Carrier>()
  /** Lines that were taken away before anybody had to have read them. */
  readonly atRisk = new Set<string>()
  /** How often a line may arrive beyond once, for the copies that may be files of their own. */
  readonly extra = new Map<Life, number>()
  /** Files that were truncated and not written to since, by name. */
  readonly #empty = new Map<string, object>()
  #count = 0

  /** The file of this name; made where there is none. */
  file(name: string, header: string, bornMs: number): Carrier {
    const known = this.at(name)
    if (known !== undefined) return known
    const life = new Life(header)
    const copyOf = { isOut: false, isRemoved: false, mayBeOwn: false, isCut: false, isCutSeen: false }
    const isAnew = this.#empty.has(name)
    const disk = this.#empty.get(name) ?? {}
    this.#empty.delete(name)
    const carrier = { life, name, size: Infinity, ...copyOf, bornMs, disk, isAnew }
    this.lives.push(life)
    this.carriers.add(carrier)
    return carrier
  }

  at(name: string): Carrier | undefined {
    for (const carrier of this.carriers) if (carrier.name === name && !carrier.isRemoved) return carrier
    return undefined
  }

  /** A text that stands nowhere else, and no part of it of 256 bytes does: the cursor must be able to tell it from others. */
  text(file: number, bytes: number): string {
    const id = `${file}-${this.#count++}-`
    return id + id.repeat(Math.ceil(bytes / id.length)).slice(0, bytes)
  }

  copy(from: Carrier, name: string, isOut: boolean, bornMs: number): void {
    const size = Math.min(from.size, from.life.content.length)
    // Of several copies one is taken for the original's; the others are files of their own.
    const mayBeOwn = this.copiesOf(from.life).length > 0
    this.carriers.add({
      ...from,
      name,
      size,
      isOut,
      isRemoved: false,
      mayBeOwn,
      isCut: false,
      isCutSeen: false,
      bornMs,
    })
  }

  /** What the carrier holds is there packed, too: in its place, once it is removed. */
  pack(from: Carrier, name: string, bornMs: number, handlesAreShort: boolean): void {
    // Whether a copy was its original's or a file of its own may not be clear when it is packed. And of a file of which few bytes were
    // known, what it is packed into must hold nothing more.
    const { shortest, content } = from.life
    const hasGrown = shortest < cursorBytes && content.length > shortest
    // What nobody has looked at, or could read for want of handles until the packed form has waited long enough, is not known for what was packed; nor is
    // what began anew while nothing could be sent: its file is known for what it was before.
    const { known } = from.life
    const mayBeUnlooked = from.isAnew ? known !== 'durable' : handlesAreShort && ['no', 'seen'].includes(known)
    const isUnread = shortest === Infinity || mayBeUnlooked
    const mayBeOwn = from.size < Infinity || this.copiesOf(from.life).length > 0 || hasGrown || isUnread
    const size = Math.min(from.size, from.life.content.length)
    this.carriers.add({ ...from, name, size, mayBeOwn, isCut: true, isCutSeen: true, bornMs, disk: {} })
  }

  copiesOf(life: Life): Carrier[] {
    return [...this.carriers].filter((carrier) => carrier.life === life && carrier.size < Infinity)
  }

  /** The original took another way than truncation, or was written to, or time went by: its copies may be files of their own. */
  part(life: Life): void {
    for (const copy of this.copiesOf(life)) if (!copy.isCut) copy.mayBeOwn = true
  }

  /** The file was truncated: what of it was not in Kafka, and is in no copy, may be lost. */
  cut(carrier: Carrier, arrived: ReadonlySet<string>): void {
    for (const copy of this.copiesOf(carrier.life)) {
      copy.isCut = true
    }
    this.#empty.set(carrier.name, carrier.disk)
    this.lose(carrier, arrived)
  }

  /** The file of this name is removed from disk. */
  remove(name: string, isOpen: boolean, arrived: ReadonlySet<string>): void {
    const carrier = this.at(name)
    const disk = carrier?.disk ?? this.#empty.get(name)
    this.#empty.delete(name)
    if (carrier !== undefined) {
      carrier.isRemoved = isOpen
      if (!isOpen) this.lose(carrier, arrived)
      if (carrier.size < Infinity) return
      this.part(carrier.life)
    }
    // Nobody knows any more that it was cut, and that there are copies to look for.
    for (const copy of this.carriers) {
      if (copy.disk !== disk || !copy.isCut || copy.isCutSeen) continue
      copy.mayBeOwn = true
      if (copy.isOut) this.lose(copy, arrived)
    }
  }

  /** The carrier is no more. */
  lose(carrier: Carrier, arrived: ReadonlySet<string>): void {
    this.carriers.delete(carrier)
    if (carrier.mayBeOwn) this.extra.set(carrier.life, (this.extra.get(carrier.life) ?? 0) + 1)
    const { life } = carrier
    const rest = Math.max(
      0,
      ...[...this.carriers].filter((other) => other.life === life && isReachable(other)).map(({ size }) => size),
    )
    for (const { text, end } of life.lines) if (end > rest && !arrived.has(text)) this.atRisk.add(text)
  }

  /** How often a line of this life may arrive. */
  most(life: Life): number {
    return 1 + (this.extra.get(life) ?? 0) + this.copiesOf(life).filter(({ mayBeOwn }) => mayBeOwn).length
  }

  /** All files were looked at; `isRead`: and read, and what was read could be sent. */
  polled(isRead: boolean, nowMs: number, holdMs: number): void {
    for (const carrier of this.carriers) {
      const { life, isOut, size, isRemoved } = carrier
      if (size < Infinity) {
        carrier.isCutSeen ||= carrier.isCut && isRead
        if (!carrier.isCut && nowMs - carrier.bornMs >= holdMs) carrier.mayBeOwn = true
        continue
      }
      if (isRemoved) continue
      if (life.content.length > 0) life.shortest = Math.min(life.shortest, life.content.length)
      if (life.known === 'no' && !isOut) life.known = 'seen'
      if (isRead && life.lines.length > 0 && !isOut) life.known = 'durable'
    }
  }

  /** Time enough has passed for the registry to be written. */
  flushed(): void {
    for (const life of this.lives) if (life.known === 'seen') life.known = 'stored'
  }

  /** The agent ended; what was known of files less well than `least` went with it. */
  ended(least: readonly Life['known'][], arrived: ReadonlySet<string>): void {
    for (const life of this.lives) if (!least.includes(life.known)) life.known = 'no'
    for (const carrier of this.carriers) {
      const isUnknown = carrier.isOut && carrier.life.known === 'no'
      if (carrier.isRemoved || isUnknown) this.lose(carrier, arrived)
    }
  }
}

/** Whether an agent that does what it should will read it. */
function isReachable({ isOut, isRemoved, size, life, isCut }: Carrier): boolean {
  if (isRemoved || !isOut) return true
  if (size === Infinity) return life.known !== 'no'
  // A copy that is shorter than what may be known of the beginning is not believed.
  return isCut && life.known === 'durable' && size >= Math.min(headBytes, life.content.length)
}

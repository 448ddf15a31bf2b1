import { PackedContent } from './content.ts'
import type { PackedKind } from './kind.ts'

/** Packed files that are unpacked at once: each holds up to a few MiB, and what it has unpacked. */
const maxSlots = 4

/** Whoever reads a packed file. */
export interface SlotOwner {
  /** Nothing is to be read for now, or its lines cannot go. */
  readonly isIdle: boolean
}

/** Who may unpack: a few files at a time, so that memory is bounded. Who has begun goes on until it is done, or has to wait. One owner. */
export class PackedSlots {
  readonly #contents = new Map<SlotOwner, PackedContent>()

  /** The content of the file behind `fd`, from its beginning where it had no slot; null where others have to be done first. */
  acquire(owner: SlotOwner, fd: number, kind: PackedKind): PackedContent | null {
    const known = this.#contents.get(owner)
    if (known !== undefined) return known
    if (this.#contents.size >= maxSlots && !this.#evict()) return null
    const content = new PackedContent(fd, kind)
    this.#contents.set(owner, content)
    return content
  }

  has(owner: SlotOwner): boolean {
    return this.#contents.has(owner)
  }

  release(owner: SlotOwner): void {
    this.#contents.get(owner)?.close()
    this.#contents.delete(owner)
  }

  closeAll(): void {
    for (const owner of this.#contents.keys()) this.release(owner)
  }

  #evict(): boolean {
    for (const owner of this.#contents.keys()) {
      if (!owner.isIdle) continue
      this.release(owner)
      return true
    }
    return false
  }
}

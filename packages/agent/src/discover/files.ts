import type { Harvester } from '../harvest/harvester.ts'
import type { Identity } from './identity.ts'

const none: readonly Harvester[] = []

/** The files that are collected, by what they are on disk: one harvester for each topic. One owner. */
export class Files {
  /** By inode: numbers are shared by file systems only, and few hosts have many. */
  readonly #byInode = new Map<bigint, Harvester[]>()
  readonly #all = new Set<Harvester>()

  get all(): ReadonlySet<Harvester> {
    return this.#all
  }

  /** Who collects the file with this device and inode. */
  at({ dev, ino }: Identity): readonly Harvester[] {
    const all = this.#byInode.get(ino) ?? none
    return all.every(({ source }) => source.identity.dev === dev)
      ? all
      : all.filter(({ source }) => source.identity.dev === dev)
  }

  add(harvester: Harvester): void {
    const { ino } = harvester.source.identity
    const others = this.#byInode.get(ino)
    if (others === undefined) this.#byInode.set(ino, [harvester])
    else others.push(harvester)
    this.#all.add(harvester)
  }

  remove(harvester: Harvester): void {
    const { ino } = harvester.source.identity
    const others = this.#byInode.get(ino)?.filter((other) => other !== harvester) ?? []
    if (others.length === 0) this.#byInode.delete(ino)
    else this.#byInode.set(ino, others)
    this.#all.delete(harvester)
  }
}

import type { Harvester } from '../harvest/harvester.ts'
import { type Identity, identityKey } from './identity.ts'

/** The files that are collected, by what they are on disk: one harvester for each topic. One owner. */
export class Files {
  readonly #byIdentity = new Map<string, Harvester[]>()
  readonly #all = new Set<Harvester>()

  get all(): ReadonlySet<Harvester> {
    return this.#all
  }

  /** Who collects the file with this device and inode. */
  at(identity: Identity): readonly Harvester[] {
    return this.#byIdentity.get(identityKey(identity)) ?? []
  }

  add(harvester: Harvester): void {
    const key = identityKey(harvester.source.identity)
    const others = this.#byIdentity.get(key)
    if (others === undefined) this.#byIdentity.set(key, [harvester])
    else others.push(harvester)
    this.#all.add(harvester)
  }

  remove(harvester: Harvester): void {
    const key = identityKey(harvester.source.identity)
    const others = this.#byIdentity.get(key)?.filter((other) => other !== harvester) ?? []
    if (others.length === 0) this.#byIdentity.delete(key)
    else this.#byIdentity.set(key, others)
    this.#all.delete(harvester)
  }
}

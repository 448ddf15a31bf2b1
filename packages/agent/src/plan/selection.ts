import {
  buildKey,
  type CollectEntry,
  type Fault,
  keysOf,
  type ParsedEntries,
  type ParsedGroup,
  type ParsedService,
  parseGroup,
  parseHostValue,
  parseKey,
  parseService,
  type StoreItem,
  type Unusable,
} from '@logpipe/config'

/** By what the store means this host. */
export interface HostIdentity {
  /** The agent's id. */
  readonly id: string
  readonly hostname: string
  readonly ips: readonly string[]
  readonly labels: Readonly<Record<string, string>>
}

/** An entry that is meant for this host, and the key that says so. */
export interface SelectedEntry {
  readonly key: string
  readonly spec: CollectEntry
  /** The revision whose value it is of. */
  readonly revision: number
  /** The revision that is wished for: a later one, where that value cannot be used. */
  readonly desired: number
  /** Why it cannot, in a sentence. */
  readonly fault: string | null
}

/** Something wrong that is no entry's: an entry that is not sound, or a value that never could be used. */
export interface OrphanFault extends Fault {
  readonly revision: number
}

/** What the store wants of this host. */
export interface Selection {
  /** Hosts' entries before groups' before services', so that the first of two over one file is the more particular one. */
  readonly entries: readonly SelectedEntry[]
  /** All that is wrong with what is meant for this host. */
  readonly faults: readonly Fault[]
  readonly orphanFaults: readonly OrphanFault[]
  /** By key of a host or a group: the revision whose value the entries are of, also where it has none. */
  readonly revisions: ReadonlyMap<string, number>
}

export const emptySelection: Selection = { entries: [], faults: [], orphanFaults: [], revisions: new Map() }

/** What one value says to this host. */
interface Said {
  readonly item: StoreItem
  /** The value that the entries are of: this one, or the last that could be used. */
  readonly good: StoreItem | null
  /** Null where another host is meant. */
  readonly specs: readonly CollectEntry[] | null
  readonly faults: readonly Fault[]
  readonly isUsable: boolean
}

/**
 * Chooses from what stands in the store what is meant for one host. A value that cannot be used leaves in place what the same key said before; one
 * bad entry is left out alone. One owner; values are parsed once.
 */
export class Selector {
  readonly #prefix: string
  readonly #host: HostIdentity
  readonly #hostKeys: readonly string[]
  readonly #said = new Map<string, Said>()

  /** `templates`: further keys of hosts, `%s` = the address. */
  constructor(prefix: string, host: HostIdentity, templates: readonly string[] = []) {
    this.#prefix = prefix
    const own = host.ips.map((ip) => buildKey(prefix, { kind: 'host', ip }))
    const others = templates.flatMap((key) => host.ips.map((ip) => key.replaceAll('%s', ip)))
    // The settings may name an address that was found, too, and a template may be the usual key.
    this.#hostKeys = [...new Set([...own, ...others])]
    const [ip = ''] = host.ips
    this.#host = { ...host, labels: { hostname: host.hostname, ip, ...host.labels } }
  }

  /** What is to be followed: keys that begin so. */
  get prefixes(): readonly string[] {
    return [...this.#hostKeys, keysOf(this.#prefix, 'group'), keysOf(this.#prefix, 'service')]
  }

  /** The values that what was selected last came from: selecting from them gives the same. */
  get good(): StoreItem[] {
    return Array.from(this.#said.values()).flatMap(({ good, specs }) => (good === null || specs === null ? [] : [good]))
  }

  /** Whether the key is of an instance of a service. */
  isService(key: string): boolean {
    return key.startsWith(keysOf(this.#prefix, 'service'))
  }

  /** What of these items is meant for this host. */
  select(items: ReadonlyMap<string, StoreItem>): Selection {
    const entries: SelectedEntry[] = []
    const faults: Fault[] = []
    const orphanFaults: OrphanFault[] = []
    const revisions = new Map<string, number>()
    const take = (item: StoreItem | undefined, say: (item: StoreItem) => Said): void => {
      if (item === undefined) return
      const said = say(item)
      const { key, modRevision: desired } = item
      const revision = said.good?.modRevision ?? desired
      const [first] = said.isUsable ? [] : said.faults
      const fault = first === undefined ? null : `${first.path} ${first.message}`
      // Those of services are many, come and go, and nobody asks for them.
      if (said.good !== null && said.specs !== null && !this.isService(key)) revisions.set(key, said.good.modRevision)
      for (const spec of said.specs ?? []) entries.push({ key, spec, revision, desired, fault })
      faults.push(...said.faults)
      if (said.isUsable || said.specs === null || said.specs.length === 0) {
        orphanFaults.push(...said.faults.map((one) => ({ ...one, revision: desired })))
      }
    }
    for (const key of this.#hostKeys) take(items.get(key), (item) => this.#ofHost(item))
    for (const kind of ['group', 'service'] as const) {
      const say =
        kind === 'group' ? (item: StoreItem) => this.#ofGroup(item) : (item: StoreItem) => this.#ofService(item)
      const start = keysOf(this.#prefix, kind)
      // The fleet's services are many; those of this host are few.
      const mine = Array.from(items.values()).filter((item) => item.key.startsWith(start) && say(item).specs !== null)
      for (const item of mine.toSorted((a, b) => (a.key < b.key ? -1 : 1))) take(item, say)
    }
    for (const key of this.#said.keys()) if (!items.has(key)) this.#said.delete(key)
    return { entries, faults, orphanFaults, revisions }
  }

  #ofHost(item: StoreItem): Said {
    return this.#say(item, parseHostValue, ({ entries }) => entries)
  }

  #ofGroup(item: StoreItem): Said {
    const name = item.key.slice(keysOf(this.#prefix, 'group').length)
    const isCanary = (canary: ParsedGroup['canary']): boolean => canary?.agents.includes(this.#host.id) ?? false
    // What is wrong with the entries that this agent does not run is told by those that do.
    const parse = (text: string, key: string): ParsedGroup | Unusable => {
      const parsed = parseGroup(text, key)
      if (!('selector' in parsed)) return parsed
      const part = isCanary(parsed.canary) ? 'canary.entries' : 'entries'
      return { ...parsed, faults: parsed.faults.filter(({ path }) => path.startsWith(part)) }
    }
    return this.#say(item, parse, ({ selector, entries, canary }) => {
      const { labels } = this.#host
      if (!Object.entries(selector).every(([label, value]) => labels[label] === value)) return null
      return named(name, canary !== null && isCanary(canary) ? canary.entries : entries)
    })
  }

  #ofService(item: StoreItem): Said {
    const name = item.key.slice(keysOf(this.#prefix, 'service').length)
    const isMeant = (host: string): boolean => this.#host.ips.includes(host) || host === this.#host.hostname
    const parse = (text: string, key: string): ParsedService | Unusable => parseService(text, key, isMeant)
    return this.#say(item, parse, ({ host, entries }) => (isMeant(host) ? named(name, entries) : null))
  }

  #say<T extends ParsedEntries>(
    item: StoreItem,
    parse: (text: string, key: string) => T | Unusable,
    specsOf: (parsed: T) => readonly CollectEntry[] | null,
  ): Said {
    const { key, value, modRevision } = item
    const before = this.#said.get(key)
    if (before?.item.value === value && before.item.modRevision === modRevision) return before
    const parsed: T | Unusable = isKeyOfOurs(this.#prefix, key) ? parse(value, key) : badKey(key)
    const isUsable = 'entries' in parsed
    const specs = isUsable ? specsOf(parsed as T) : (before?.specs ?? (this.#hostKeys.includes(key) ? [] : null))
    const good = isUsable ? item : (before?.good ?? null)
    // What is wrong with others' entries is theirs to tell; so a group that cannot be read at all is told by those whom it meant before.
    const said = { item, good, specs, faults: specs === null ? [] : parsed.faults, isUsable }
    this.#said.set(key, said)
    return said
  }
}

/** Entries of groups and services may have the same id as others: with the name of their scope they are one of a kind. */
function named(scope: string, entries: readonly CollectEntry[]): CollectEntry[] {
  return entries.map((entry) => ({ ...entry, id: `${scope}/${entry.id}` }))
}

/** Keys of templates are the user's own. */
function isKeyOfOurs(prefix: string, key: string): boolean {
  return !key.startsWith(`${prefix}/`) || parseKey(prefix, key) !== undefined
}

function badKey(key: string): Unusable {
  return {
    faults: [
      {
        source: 'etcd',
        at: key,
        path: key,
        message: 'is no key of a group or a service; see docs/design/control-plane.md',
      },
    ],
  }
}

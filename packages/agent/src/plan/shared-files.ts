import type { Ignored } from '../discover/finder.ts'

/** Owners that a remark names, at most. */
const ownersNamed = 3

/**
 * A sentence for each entry that leaves files to others, which collect them for the same topic: by entry id. It names neither files nor their
 * number, so that it stays as it is while files come and go: each change of it is a write to the store.
 */
export function sharedFiles(ignored: readonly Ignored[]): ReadonlyMap<string, string> {
  const owners = new Map<string, Set<string>>()
  for (const { entry, owner } of ignored) {
    if (owner === undefined || owner === entry.spec.id) continue
    const known = owners.get(entry.spec.id)
    if (known === undefined) owners.set(entry.spec.id, new Set([owner]))
    else known.add(owner)
  }
  return new Map(Array.from(owners, ([entry, set]) => [entry, sentence([...set].toSorted())]))
}

function sentence(owners: readonly string[]): string {
  const named = owners.slice(0, ownersNamed).map((owner) => `'${owner}'`)
  const more = owners.length > ownersNamed ? ` and ${owners.length - ownersNamed} more` : ''
  const who = owners.length === 1 ? `Entry ${named[0]} has` : `Entries ${named.join(', ')}${more} have`
  return `${who} some of its files, for the same topic; it collects the others. /files tells which.`
}

import { keysOf, openEtcdStore, parseKey, type StoreKeyKind } from '@logpipe/config'
import { readFleet } from '../fleet/fleet.ts'
import type { EtcdSettings } from '../settings.ts'
import type { Wanted } from './candidates.ts'

/** How long a shell may be kept waiting; it offers nothing then. */
const deadlineMs = 1_000

/** The values that etcd knows; none where it does not answer at once, or has nothing of this kind. Never rejects. */
export async function storedValues(wanted: Wanted, etcd: EtcdSettings | undefined): Promise<string[]> {
  const find = finders[`${wanted.of} ${wanted.placeholder}`]
  if (etcd === undefined || find === undefined) return []
  const { prefix, ...access } = etcd
  const { promise: late, resolve } = Promise.withResolvers<string[]>()
  const timer = setTimeout(() => resolve([]), deadlineMs)
  const store = await openEtcdStore({ ...access, requestTimeoutMs: deadlineMs })
  try {
    const found = find(store, prefix).catch(() => [])
    const values = await Promise.race([found, late])
    // They come from others, and go to a command line.
    return [...new Set(values)].filter((value) => /^[\w.:@%+-]+$/.test(value)).toSorted()
  } finally {
    clearTimeout(timer)
    await store.close()
  }
}

type Store = Awaited<ReturnType<typeof openEtcdStore>>
type Finder = (store: Store, prefix: string) => Promise<string[]>

/** By whose value it is and placeholder: `--host` is an address here and a name there. */
const finders: Record<string, Finder> = {
  'host ip': async (store, prefix) => [
    ...(await namesOf('host', store, prefix)),
    ...(await readFleet(store, prefix)).map(({ registration }) => registration.ip),
  ],
  'host name': async (store, prefix) => (await readFleet(store, prefix)).map(({ registration }) => registration.host),
  'group name': (store, prefix) => namesOf('group', store, prefix),
  'pipeline name': (store, prefix) => namesOf('pipeline', store, prefix),
  'agent id': async (store, prefix) => (await readFleet(store, prefix)).map(({ registration }) => registration.id),
  'canary group': (store, prefix) => namesOf('group', store, prefix),
  'groups name': (store, prefix) => namesOf('group', store, prefix),
  'pipelines name': (store, prefix) => namesOf('pipeline', store, prefix),
}

async function namesOf(kind: StoreKeyKind, store: Store, prefix: string): Promise<string[]> {
  const { items } = await store.list(keysOf(prefix, kind))
  return items.flatMap(({ key }) => {
    const parsed = parseKey(prefix, key)
    if (parsed?.kind === 'host') return [parsed.ip]
    return parsed !== undefined && 'name' in parsed ? [parsed.name] : []
  })
}

import { isIP } from 'node:net'
import { LogpipeError } from '@logpipe/runtime/errors'

/** Every key that logpipe keeps in etcd (DESIGN §3), in parts. */
export type StoreKey =
  | { kind: 'host'; ip: string }
  | { kind: 'group'; name: string }
  | { kind: 'service'; service: string; instance: string }
  | { kind: 'pipeline'; name: string }
  | { kind: 'agent'; id: string }
  | { kind: 'transfer'; id: string }
  | { kind: 'status'; id: string }
  | { kind: 'transferStatus'; id: string }
  | { kind: 'request'; id: string; number: number }
  | { kind: 'transferRequest'; id: string; number: number }
  | { kind: 'reply'; number: number }
  | { kind: 'lock'; name: string }
  | { kind: 'audit'; id: string }

export type StoreKeyKind = StoreKey['kind']

interface Part {
  name: string
  isSound(text: string): boolean
  isNumber?: true
  /** What it may hold, in words. */
  rule?: string
}

const named = (name: string): Part => ({
  name,
  isSound: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/.test(text),
  rule: "it may hold letters, digits, '.', '_' and '-', at most 128, and starts with a letter or a digit",
})
const numbered = (name: string): Part => ({ name, isNumber: true, isSound: isWholeNumber })
const ip: Part = { name: 'ip', isSound: (text) => isIP(text) !== 0 }
/** An instance is often `host:port`. */
const instance: Part = { name: 'instance', isSound: (text) => /^[A-Za-z0-9[][A-Za-z0-9._:[\]-]{0,127}$/.test(text) }
/** `<ms>-<random>`: in the order of time, and never the same twice. */
const changeId: Part = { name: 'id', isSound: (text) => /^[1-9]\d{12,14}-[0-9a-f]{16}$/.test(text) }

/** Where the keys of each kind stand under the prefix, and the parts that follow. */
const layout: Record<StoreKeyKind, { folder: string; parts: readonly Part[] }> = {
  host: { folder: 'collect/hosts', parts: [ip] },
  group: { folder: 'collect/groups', parts: [named('name')] },
  service: { folder: 'collect/services', parts: [named('service'), instance] },
  pipeline: { folder: 'pipelines', parts: [named('name')] },
  agent: { folder: 'agents', parts: [named('id')] },
  transfer: { folder: 'transfers', parts: [named('id')] },
  status: { folder: 'status', parts: [named('id')] },
  // Apart from those of agents: both go by the name of their host where nothing else is said.
  transferStatus: { folder: 'transfer-status', parts: [named('id')] },
  request: { folder: 'requests', parts: [named('id'), numbered('number')] },
  transferRequest: { folder: 'transfer-requests', parts: [named('id'), numbered('number')] },
  reply: { folder: 'replies', parts: [numbered('number')] },
  lock: { folder: 'locks', parts: [named('name')] },
  audit: { folder: 'audit', parts: [changeId] },
}

/** The key as etcd holds it. Throws `settings_invalid` when a part is not sound (an IP that is none, a name with a slash). */
export function buildKey(prefix: string, key: StoreKey): string {
  const { folder, parts } = layout[key.kind]
  const values: Record<string, string | number> = key
  const texts = parts.map((part) => {
    const text = String(values[part.name])
    if (!part.isSound(text)) {
      throw new LogpipeError(
        'settings_invalid',
        `'${text}' cannot stand as ${part.name} in an etcd key of kind ${key.kind}${part.rule === undefined ? '' : `: ${part.rule}`}.`,
      )
    }
    return text
  })
  return [prefix, folder, ...texts].join('/')
}

/** The parts of a key; undefined for a key that is not one of ours. `parseKey(p, buildKey(p, k))` equals `k`. */
export function parseKey(prefix: string, key: string): StoreKey | undefined {
  for (const kind of Object.keys(layout) as StoreKeyKind[]) {
    const start = keysOf(prefix, kind)
    if (key.startsWith(start)) return parseParts(kind, key.slice(start.length).split('/'))
  }
  return undefined
}

/** What all keys of a kind start with, to list and to watch them. */
export function keysOf(prefix: string, kind: StoreKeyKind): string {
  return `${prefix}/${layout[kind].folder}/`
}

function parseParts(kind: StoreKeyKind, texts: readonly string[]): StoreKey | undefined {
  const { parts } = layout[kind]
  if (texts.length !== parts.length) return undefined
  const key: Record<string, string | number> = { kind }
  for (const [index, part] of parts.entries()) {
    const text = texts[index] ?? ''
    if (!part.isSound(text)) return undefined
    key[part.name] = part.isNumber ? Number(text) : text
  }
  return key as unknown as StoreKey
}

function isWholeNumber(text: string): boolean {
  return /^(0|[1-9]\d*)$/.test(text) && Number.isSafeInteger(Number(text))
}

import { parse } from 'ini'
import { describeError } from '@logpipe/runtime/errors'
import { jsonSchema, nodeAt, type SettingsKind } from '../json-schema.ts'
import { type Fault, pathText, printable } from './fault.ts'
import type { SettingsText } from './settings-file.ts'
import { nearestSetting } from './suggest.ts'
import { textValue } from './text-value.ts'
import { isTree, setAt, type Tree } from './tree.ts'

/** What a message of the older agents weighs, as we count it, where they bound their queue by messages. */
const messageBytes = 1_024
const leastInFlightBytes = 1_048_576

/**
 * Reads the INI form: any setting as `[section] key = value` (`[kafka] brokers = a:1,b:2`), and the older form
 * `[kafka] address, topic, chan_max_size`, `[taillog] path`, `[etcd] address`, `[es] address`. Never throws.
 */
export function readIni(text: string, file: string, kind: SettingsKind): SettingsText {
  // Editors on Windows put a byte order mark in front; it would be part of the first name.
  const plain = text.replace(/^\uFEFF/, '')
  let raw: Tree
  try {
    raw = parse(plain)
  } catch (error) {
    const fault: Fault = {
      path: file,
      message: `is not a valid INI file: ${printable(describeError(error))}`,
      source: 'file',
      at: file,
    }
    return { value: undefined, faults: [fault], lineOf: () => undefined }
  }
  const origins = new Map<string, string>()
  const { settings, unknown } = translate(raw, kind, origins)
  const lines = iniLines(plain)
  return {
    value: settings,
    faults: cutValues(plain, file),
    unknownKeys: unknown.map(({ path, suggestion }) => {
      const line = lines.get(path.join('.')) ?? lines.get(path[0] ?? '')
      const at = line === undefined ? file : `${file}:${line}`
      return { path: pathText(path), message: 'is not a setting', source: 'file', at, suggestion }
    }),
    lineOf(path) {
      for (let length = path.length; length > 0; length--) {
        const name = path.slice(0, length).join('.')
        const line = lines.get(origins.get(name) ?? name)
        if (line !== undefined) return line
      }
      return undefined
    },
  }
}

interface UnknownKey {
  path: string[]
  suggestion: string
}

interface Translated {
  settings: Tree
  /** Keys of sections that only the older form has, such as `[taillog]`, which hold none of that name. */
  unknown: UnknownKey[]
}

/** Settings from the raw sections; notes in `origins` which older key a setting was made from. */
function translate(raw: Tree, kind: SettingsKind, origins: Map<string, string>): Translated {
  const settings: Tree = {}
  const older: Record<string, (value: string) => void> = {
    'kafka.address': (value) => put('kafka.brokers', list(value), 'kafka.address'),
    'etcd.address': (value) => put('etcd.endpoints', list(value).map(withScheme), 'etcd.address'),
  }
  const entry: { path?: string; topic?: string } = {}
  if (kind === 'agent') {
    older['kafka.topic'] = (topic) => (entry.topic = topic)
    older['taillog.path'] = (path) => (entry.path = path)
    older['kafka.chan_max_size'] = (value) => {
      const messages = /^\d{1,9}$/.test(value) ? Number(value) : undefined
      const bytes = messages === undefined ? value : Math.max(leastInFlightBytes, messages * messageBytes)
      put('kafka.maxInFlightBytes', bytes, 'kafka.chan_max_size')
    }
  } else {
    older['kafka.topic'] = (value) => put('kafka.topics', list(value), 'kafka.topic')
    older['es.address'] = (value) => put('elasticsearch.nodes', list(value).map(withScheme), 'es.address')
  }

  function put(name: string, value: unknown, from: string): void {
    setAt(settings, name.split('.'), value)
    origins.set(name, from)
  }

  /** What was meant by a key of a section that only the older form has; null where `path` stands in another one. */
  function olderKey(path: readonly string[]): string | null {
    const [section = '', key = ''] = path
    if (nodeAt(jsonSchema(kind), [section]) !== undefined) return null
    const names = Object.keys(older)
    const siblings = names
      .filter((name) => name.startsWith(`${section}.`))
      .map((name) => name.slice(section.length + 1))
    return siblings[0] === undefined ? null : (nearestSetting(key, siblings, names) ?? siblings[0])
  }

  const unknown: UnknownKey[] = []
  for (const { path, value } of leaves(raw)) {
    const name = path.join('.')
    const translated = Object.hasOwn(older, name) ? older[name] : undefined
    const suggestion = olderKey(path)
    if (translated !== undefined && typeof value === 'string') translated(value)
    else if (suggestion !== null) unknown.push({ path, suggestion })
    else setAt(settings, path, typeof value === 'string' ? textValue(value, nodeAt(jsonSchema(kind), path)) : value)
  }
  if (entry.path !== undefined || entry.topic !== undefined) {
    put('entries', [entry], 'taillog.path')
    origins.set('entries.0.topic', 'kafka.topic')
  }
  return { settings, unknown }
}

const cutMessage = 'holds a ; or #, which begins a comment; put quotes around the value, or a blank before the comment'

/** Values that end in front of a ; or # that nobody would take for a comment: what is left of a password or a path is another one. */
function cutValues(text: string, file: string): Fault[] {
  const faults: Fault[] = []
  let section: string[] = []
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const trimmed = line.trim()
    if (/^[;#]/.test(trimmed)) return
    if (trimmed.startsWith('[') && trimmed.endsWith(']')) {
      section = trimmed.slice(1, -1).split('.')
      return
    }
    const equals = trimmed.indexOf('=')
    const value = trimmed.slice(equals + 1).trim()
    if (equals < 1 || /^".*"$|^'.*'$/.test(value)) return
    const [kept = ''] = /^(?:[^\\;#]|\\.)*/.exec(value) ?? []
    if (kept === '' || kept.length >= value.length || /\s$/.test(kept)) return
    const path = pathText([...section, trimmed.slice(0, equals).trim()])
    faults.push({ path, message: cutMessage, source: 'file', at: `${file}:${index + 1}` })
  })
  return faults
}

function leaves(tree: Tree, parent: readonly string[] = []): { path: string[]; value: unknown }[] {
  return Object.entries(tree).flatMap(([key, value]) => {
    const path = [...parent, key]
    return isTree(value) ? leaves(value, path) : [{ path, value }]
  })
}

function list(value: string): string[] {
  const items = value.split(',').map((item) => item.trim())
  return items.filter((item) => item !== '')
}

function withScheme(address: string): string {
  return address.includes('://') ? address : `http://${address}`
}

function iniLines(text: string): Map<string, number> {
  const lines = new Map<string, number>()
  let section = ''
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const trimmed = line.trim()
    if (trimmed.startsWith('[') && trimmed.endsWith(']')) {
      const name = trimmed.slice(1, -1)
      lines.set(name, index + 1)
      section = `${name}.`
    } else {
      lines.set(section + (trimmed.split('=', 1)[0] ?? '').trim(), index + 1)
    }
  })
  return lines
}

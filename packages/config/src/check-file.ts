import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import { describeError } from '@logpipe/runtime/errors'
import type { AgentSettings } from './agent.ts'
import { maxValueBytes, type ValueChecks } from './change/change.ts'
import { checkGroup, checkHostValue, checkService } from './collect.ts'
import { jsonSchema, keysAt, type SettingsKind } from './json-schema.ts'
import type { Origin } from './load/check.ts'
import type { EntryCheck } from './load/entries.ts'
import { type Fault, pathText } from './load/fault.ts'
import { loadSettings } from './load/load.ts'
import { checkPipeline } from './load/pipeline.ts'
import type { SettingsText } from './load/settings-file.ts'
import { isTree } from './load/tree.ts'
import { readYaml } from './load/yaml-file.ts'
import type { TransferSettings } from './transfer.ts'

/** What a file can be: settings of a program, or a value for etcd. */
export const fileKinds = ['agent', 'transfer', 'host', 'group', 'service', 'pipeline'] as const
export type FileKind = (typeof fileKinds)[number]

export interface CheckedFile {
  /** Null: what it is cannot be told. */
  kind: FileKind | null
  /** All that is wrong, each with its place; none: it can be used. */
  faults: Fault[]
}

export interface FileCheckOptions {
  /** What it is meant to be; without it that is told by what the file holds. */
  kind?: FileKind
  /** Settings that the environment adds, as at the start of the program. */
  env: Record<string, string | undefined>
  also?: ValueChecks
}

/** Larger files are none of ours. */
const maxFileBytes = 4 * 1_048_576

/**
 * Checks a file of ours: settings of an agent or a transfer (.yaml, .json, .ini), the entries of a host, a group, a service (JSON, as etcd is to hold it),
 * or a pipeline (YAML or JSON). Reads that file and the certificates that settings name, nothing else. Never throws.
 */
export function checkFile(file: string, { kind, env, also }: FileCheckOptions): CheckedFile {
  const fault = (message: string): Fault => ({ path: file, message, source: 'file', at: file })
  let text: string
  try {
    const { size } = statSync(file)
    if (size > maxFileBytes) {
      return { kind: kind ?? null, faults: [fault(`is larger than ${maxFileBytes} bytes; is it one of ours?`)] }
    }
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return { kind: kind ?? null, faults: [fault(`cannot be read: ${describeError(error)}`)] }
  }
  const isIni = /^\.(ini|conf)$/i.test(extname(file))
  const read = isIni ? null : readYaml(text, file)
  if (read !== null && read.faults.length > 0) return { kind: kind ?? null, faults: read.faults }
  const found = kind ?? (read === null ? kindOfIni(text) : kindOf(read.value))
  if (found === null) {
    return { kind: null, faults: [fault(`cannot be told from others; say what it is: --as ${fileKinds.join(', ')}`)] }
  }
  try {
    return { kind: found, faults: faultsAs(found, file, text, read, { env, ...(also && { also }) }) }
  } catch (error) {
    // Conditions in one another that go deeper than the stack.
    return { kind: found, faults: [fault(`cannot be checked: ${describeError(error)}`)] }
  }
}

function faultsAs(
  kind: FileKind,
  file: string,
  text: string,
  read: SettingsText | null,
  { env, also }: FileCheckOptions,
): Fault[] {
  if (kind === 'agent' || kind === 'transfer') {
    const loaded = loadSettings(kind, { file, env, flags: {} })
    if (!loaded.ok) return loaded.faults
    return settingsFaults(loaded.settings, originOf(file, read), also)
  }
  if (read === null) {
    return [{ path: file, message: `is an INI file, which cannot hold a ${kind}`, source: 'file', at: file }]
  }
  const origin = originOf(file, read)
  if (kind === 'pipeline') {
    const checked = checkPipeline(read.value, origin, also?.pipeline)
    return checked.ok ? [] : checked.faults
  }
  const problem = asValue(text)
  if (problem !== null) return [{ path: file, message: problem, source: 'file', at: file }]
  switch (kind) {
    case 'host':
      return checkHostValue(read.value, origin, also?.entry).faults
    case 'group':
      return checkGroup(read.value, origin, also?.entry).faults
    case 'service':
      return checkService(read.value, origin, undefined, also?.entry).faults
  }
}

/** Entries and pipelines that settings hold are sound by their schema already. */
function settingsFaults(settings: AgentSettings | TransferSettings, origin: Origin, also: ValueChecks = {}): Fault[] {
  const placed = (parent: readonly PropertyKey[], found: ReturnType<EntryCheck>): Fault[] =>
    found.map(({ path, message }) => {
      const whole = [...parent, ...path]
      return { path: pathText(whole), message, ...origin(whole) }
    })
  return 'entries' in settings
    ? settings.entries.flatMap((entry, index) => placed(['entries', index], also.entry?.(entry) ?? []))
    : Object.entries(settings.pipelines).flatMap(([name, pipeline]) =>
        placed(['pipelines', name], also.pipeline?.(pipeline) ?? []),
      )
}

/** Why etcd cannot hold this text as a value of ours; null where it can. */
function asValue(text: string): string | null {
  const bytes = Buffer.byteLength(text)
  if (bytes > maxValueBytes) return `is ${bytes} bytes large; at most ${maxValueBytes} may stand at a key`
  try {
    JSON.parse(text)
    return null
  } catch (error) {
    return `is not JSON, as a value in etcd must be: ${describeError(error)}`
  }
}

function originOf(file: string, read: SettingsText | null): Origin {
  return (path) => {
    const line = read?.lineOf(path)
    return { source: 'file', at: line === undefined ? file : `${file}:${line}` }
  }
}

function kindOf(value: unknown): FileKind | null {
  if (Array.isArray(value)) return 'host'
  if (!isTree(value)) return null
  if ('processors' in value) return 'pipeline'
  if ('selector' in value) return 'group'
  if ('entries' in value && 'host' in value) return 'service'
  return kindOfSettings(Object.keys(value), isTree(value['kafka']) ? Object.keys(value['kafka']) : [])
}

/** By the sections and keys that one of the two alone has. */
function kindOfSettings(sections: readonly string[], kafka: readonly string[]): SettingsKind | null {
  const known = (kind: SettingsKind): number => {
    const { properties = {} } = jsonSchema(kind)
    const inKafka = Object.keys(keysAt(properties['kafka']))
    return (
      sections.filter((name) => Object.hasOwn(properties, name)).length +
      kafka.filter((name) => inKafka.includes(name)).length
    )
  }
  const [agent, transfer] = [known('agent'), known('transfer')]
  // With what both have alone, an agent is whole; a transfer would lack its topics.
  if (agent === transfer) return sections.includes('kafka') ? 'agent' : null
  return agent > transfer ? 'agent' : 'transfer'
}

function kindOfIni(text: string): SettingsKind | null {
  if (/^\s*\[(taillog|entries|discover)\b/m.test(text)) return 'agent'
  return /^\s*\[(es|elasticsearch)\b/m.test(text) ? 'transfer' : null
}

import { AgentSettings } from '../agent.ts'
import { jsonSchema, nodeAt, type SettingsKind } from '../json-schema.ts'
import { TransferSettings } from '../transfer.ts'
import { check, type Origin } from './check.ts'
import { type Assignment, type Assignments, environmentName, fromEnvironment, fromFlags } from './environment.ts'
import type { Fault } from './fault.ts'
import { checkPemFiles } from './pem.ts'
import { readSettingsFile, type SettingsFile } from './settings-file.ts'
import { setAt, type Tree } from './tree.ts'

export interface SettingsInput {
  /** Path of a .yaml, .yml, .json, .ini or .conf file. */
  file?: string
  env: Record<string, string | undefined>
  /** Dotted path → text; null: given without a value. */
  flags: Record<string, string | null>
}

export interface SettingsOf {
  agent: AgentSettings
  transfer: TransferSettings
}

export type Loaded<S> = { ok: true; settings: S } | { ok: false; faults: Fault[] }

const schemas = { agent: AgentSettings, transfer: TransferSettings }

/**
 * Settings from defaults, then the file, then the environment, then flags; the later wins. All faults come back at once,
 * each with its path and the nearest valid name. PEM files are read for that; `tls.ca` and the like stay paths. Never throws.
 */
export function loadSettings<K extends SettingsKind>(kind: K, input: SettingsInput): Loaded<SettingsOf[K]> {
  const file = input.file === undefined ? emptyFile() : readSettingsFile(input.file, kind)
  return settle(kind, input, file)
}

/** No file was given. A new one each time: flags and variables are written into its value. */
const emptyFile = (): SettingsFile => ({ value: {}, faults: [], lineOf: () => undefined })

/** `loadSettings` for a file that has been read already. */
export function settle<K extends SettingsKind>(
  kind: K,
  input: SettingsInput,
  file: SettingsFile,
): Loaded<SettingsOf[K]> {
  const { settings, origin, environment, flags } = gather(kind, input, file)
  const faults = [...file.faults, ...environment.faults, ...flags.faults]
  // Of a file that could not be understood we cannot say what is missing from it.
  if (file.faults.length > 0) return { ok: false, faults }

  faults.push(...(file.unknownKeys ?? []), ...checkPemFiles(kind, settings, origin))
  const checked = check(schemas[kind], jsonSchema(kind), settings, origin)
  if (!checked.ok) faults.push(...checked.faults)
  if (faults.length > 0 || !checked.ok) return { ok: false, faults }
  return { ok: true, settings: checked.value as SettingsOf[K] }
}

/**
 * One section of the agent's settings, for what needs no other: faults elsewhere do not count, but those of the file as a whole and
 * of flags do. Never throws.
 */
export function loadAgentSection<K extends keyof AgentSettings>(
  key: K,
  input: SettingsInput,
): Loaded<AgentSettings[K]> {
  const file = input.file === undefined ? emptyFile() : readSettingsFile(input.file, 'agent')
  const { settings, origin, flags } = gather('agent', input, file)
  const faults = [...file.faults, ...flags.faults]
  if (faults.length > 0) return { ok: false, faults }
  const node = nodeAt(jsonSchema('agent'), [key]) ?? {}
  const checked = check(AgentSettings.shape[key], node, settings[key], origin, [key])
  return checked.ok ? { ok: true, settings: checked.value as AgentSettings[K] } : checked
}

/** What was given in all places, put together, and what is wrong with how it was given. */
function gather(
  kind: SettingsKind,
  input: SettingsInput,
  file: SettingsFile,
): { settings: Tree; origin: Origin; environment: Assignments; flags: Assignments } {
  const environment = fromEnvironment(kind, input.env)
  const flags = fromFlags(kind, input.flags)
  const given = [...environment.assignments, ...flags.assignments]
  const settings = file.value
  for (const { path, value } of given) setAt(settings, path, value)
  return { settings, origin: originOf(kind, input, file, given), environment, flags }
}

/** Tells a person where to look for the value at a path, or where to set it when it is missing. */
function originOf(kind: SettingsKind, input: SettingsInput, file: SettingsFile, given: readonly Assignment[]): Origin {
  return (path) => {
    const parts = path.map(String)
    const last = given.findLast((one) => one.path.every((part, index) => part === parts[index]))
    if (last !== undefined) return { source: last.source, at: last.at }
    if (input.file === undefined) return { source: 'environment', at: environmentName(kind, parts) }
    const line = file.lineOf(path)
    return { source: 'file', at: line === undefined ? input.file : `${input.file}:${line}` }
  }
}

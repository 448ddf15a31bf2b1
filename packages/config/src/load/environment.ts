import { jsonSchema, nodeAt, settingPaths, type SettingsKind } from '../json-schema.ts'
import { type Fault, pathText, printable } from './fault.ts'
import { nearest } from './suggest.ts'
import { textValue } from './text-value.ts'

/** One setting given outside of the file. */
export interface Assignment {
  path: string[]
  value: unknown
  source: 'environment' | 'flag'
  /** How the person gave it: the variable's or the flag's name. */
  at: string
}

export interface Assignments {
  assignments: Assignment[]
  faults: Fault[]
}

const prefixes: Record<SettingsKind, string> = { agent: 'LOGAGENT_', transfer: 'LOGTRANSFER_' }
/** Kubernetes sets such variables in every pod when a service has our name. They are not meant for us. */
const kubernetesName = /^(SERVICE_HOST|SERVICE_PORT(_.*)?|PORT(_\d+_(TCP|UDP|SCTP)(_.*)?)?)$/

/** The variable that stands for the setting at `path`: `LOGAGENT_KAFKA_MAX_IN_FLIGHT_BYTES`. */
export function environmentName(kind: SettingsKind, path: readonly string[]): string {
  const words = path.map((part) => part.replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase())
  return prefixes[kind] + words.join('_')
}

/**
 * Settings from variables that start with our prefix. A variable with an empty value counts as not given; `<PREFIX>CONFIG`
 * names the file and is read by the program itself.
 */
export function fromEnvironment(kind: SettingsKind, env: Record<string, string | undefined>): Assignments {
  const prefix = prefixes[kind]
  const schema = jsonSchema(kind)
  const known = new Map(settingPaths(schema).map((path) => [environmentName(kind, path), path]))
  const assignments: Assignment[] = []
  const faults: Fault[] = []
  for (const [name, text] of Object.entries(env)) {
    if (!name.startsWith(prefix) || text === undefined || text.trim() === '') continue
    const rest = name.slice(prefix.length)
    if (rest === 'CONFIG' || kubernetesName.test(rest)) continue
    const path = known.get(name)
    if (path === undefined) {
      faults.push({ ...unknown(name, nearest(name, known.keys())), source: 'environment' })
    } else {
      assignments.push({ path, value: textValue(text, nodeAt(schema, path)), source: 'environment', at: name })
    }
  }
  // Sections before their keys, so that LOGAGENT_KAFKA_TLS={} does not undo LOGAGENT_KAFKA_TLS_CA.
  assignments.sort((a, b) => a.path.length - b.path.length)
  return { assignments, faults }
}

/** Settings from flags: dotted path → text; null where none was given, which switches on what is true or false. */
export function fromFlags(kind: SettingsKind, flags: Record<string, string | null>): Assignments {
  const schema = jsonSchema(kind)
  const known = settingPaths(schema).map(pathText)
  const assignments: Assignment[] = []
  const faults: Fault[] = []
  for (const [name, text] of Object.entries(flags)) {
    const path = name.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
    const node = nodeAt(schema, path)
    if (node === undefined && settingsFile.test(name)) {
      const message = `is a file; settings are read from one that is given as --config ${printable(name)}`
      faults.push({ path: printable(name), message, source: 'flag', at: 'command line' })
    } else if (node === undefined) faults.push({ ...unknown(name, nearest(name, known), '--'), source: 'flag' })
    else if (text === null && node.type !== 'boolean') {
      faults.push({ path: name, message: 'needs a value', source: 'flag', at: `--${name}` })
    } else assignments.push({ path, value: textValue(text ?? 'true', node), source: 'flag', at: `--${name}` })
  }
  assignments.sort((a, b) => a.path.length - b.path.length)
  return { assignments, faults }
}

/** What people give without `--config`. */
const settingsFile = /\.(?:ya?ml|json|ini|conf)$/

function unknown(name: string, suggestion: string | undefined, dashes = ''): Omit<Fault, 'source'> {
  const path = printable(name) || '(empty name)'
  return { path, message: 'is not a setting', at: dashes + path, ...(suggestion === undefined ? {} : { suggestion }) }
}

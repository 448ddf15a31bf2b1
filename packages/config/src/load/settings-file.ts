import { readFileSync, statSync } from 'node:fs'
import { extname } from 'node:path'
import type { SettingsKind } from '../json-schema.ts'
import type { Fault } from './fault.ts'
import { readIni } from './ini-file.ts'
import { isTree, type Tree, withoutEmpty } from './tree.ts'
import { readYaml } from './yaml-file.ts'

/** What a settings file holds, before it is checked. */
export interface SettingsText {
  value: unknown
  faults: Fault[]
  /** Keys that are no settings and stand in no value: all else can be checked in spite of them. */
  unknownKeys?: Fault[]
  /** The line of a setting; undefined when the file does not hold it. */
  lineOf(path: readonly PropertyKey[]): number | undefined
}

export interface SettingsFile {
  value: Tree
  faults: Fault[]
  unknownKeys?: Fault[]
  lineOf(path: readonly PropertyKey[]): number | undefined
}

const maxFileBytes = 4 * 1_048_576

/** Reads a settings file by its extension: .yaml .yml .json, or .ini .conf. Never throws. */
export function readSettingsFile(file: string, kind: SettingsKind): SettingsFile {
  const failed = (message: string): SettingsFile => ({
    value: {},
    faults: [{ path: file, message, source: 'file', at: file }],
    lineOf: () => undefined,
  })
  const extension = extname(file).toLowerCase()
  const isIni = extension === '.ini' || extension === '.conf'
  if (!isIni && !['.yaml', '.yml', '.json'].includes(extension)) {
    return failed('has an unknown form; name it .yaml, .yml, .json, .ini or .conf')
  }
  let text: string
  try {
    if (statSync(file).size > maxFileBytes)
      return failed(`is larger than ${maxFileBytes} bytes; is it a settings file?`)
    text = readFileSync(file, 'utf8')
  } catch (error) {
    return failed(readFault(error as NodeJS.ErrnoException))
  }
  return parseSettingsText(text, file, kind, isIni)
}

/** The part of `readSettingsFile` that needs no disk. */
export function parseSettingsText(text: string, file: string, kind: SettingsKind, isIni: boolean): SettingsFile {
  const read = isIni ? readIni(text, file, kind) : readYaml(text, file)
  const value = withoutEmpty(read.value)
  if (isTree(value)) return { ...read, value }
  const faults = [...read.faults]
  // An empty file is fine: all may come from the environment.
  if (faults.length === 0 && value !== null && value !== undefined) {
    faults.push({
      path: file,
      message: 'must hold keys with values, not a list or a single value',
      source: 'file',
      at: file,
    })
  }
  return { ...read, value: {}, faults }
}

function readFault(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'does not exist'
    case 'EACCES':
      return 'may not be read by this user'
    case 'EISDIR':
      return 'is a folder, not a file'
    default:
      return `cannot be read (${error.code ?? error.message})`
  }
}

import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Where the servers of a stack answer. */
export interface StackAddresses {
  kafka: { brokers: string[] }
  etcd: { endpoints: string[] }
  elasticsearch: { nodes: string[] }
  /** Missing where it was not asked for. */
  influxdb?: { url: string }
}

/** One server process of a stack. */
export interface ServerRecord {
  name: string
  pid: number
  log: string
}

/** What stack.json holds: the addresses first, for programs of any kind, then what this package needs. */
export interface StackState extends StackAddresses {
  /** False until every server has answered. */
  ready: boolean
  /** The process that ends the servers when it ends; null where they run by themselves until they are taken down. */
  owner: number | null
  startedAt: string
  servers: ServerRecord[]
  /** HTTP addresses of agents and transfers that work on this stack, where someone noted them. */
  agents?: string[]
  transfers?: string[]
}

/** The path of a stack's state file. */
export function stateFile(dir: string): string {
  return join(dir, 'stack.json')
}

/** The state of the stack in `dir`, or undefined where there is none or the file is not readable as one. */
export function readState(dir: string): StackState | undefined {
  try {
    const state: unknown = JSON.parse(readFileSync(stateFile(dir), 'utf8'))
    return isState(state) ? state : undefined
  } catch {
    return undefined
  }
}

/** Writes the state whole or not at all. Synchronous: the pid of a server must be on disk before anything else can happen. */
export function writeState(dir: string, state: StackState): void {
  const path = stateFile(dir)
  mkdirSync(dirname(path), { recursive: true })
  const partial = `${path}.${process.pid}`
  writeFileSync(partial, `${JSON.stringify(state, null, 2)}\n`)
  renameSync(partial, path)
}

/** Changes what is given, keeps the rest. Does nothing where no stack is noted. */
export function changeState(dir: string, change: (state: StackState) => Partial<StackState>): void {
  const state = readState(dir)
  if (state) writeState(dir, { ...state, ...change(state) })
}

/** Forgets the stack in `dir`; its data stays. */
export function removeState(dir: string): void {
  rmSync(stateFile(dir), { force: true })
}

function isState(value: unknown): value is StackState {
  return (
    typeof value === 'object' &&
    value !== null &&
    'servers' in value &&
    Array.isArray(value.servers) &&
    'kafka' in value
  )
}

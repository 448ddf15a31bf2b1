import { describeError } from '@logpipe/runtime/errors'

/** Where a wrong value came from. */
export type FaultSource = 'file' | 'environment' | 'flag' | 'etcd'

/** One thing that is wrong with settings or entries. */
export interface Fault {
  /** The setting, dotted (`kafka.brokers`, `entries[0].path`); the file's name where the whole file is meant. */
  path: string
  /** What is wrong with it, in words that follow the path. Holds no value: it might be a secret. */
  message: string
  source: FaultSource
  /** Where to look: `agent.yaml:3`, `LOGAGENT_KAFKA_BROKERS`, `--kafka.brokers`, an etcd key. */
  at: string
  /** The nearest valid name or value. */
  suggestion?: string
}

/** A path as people write it. */
export function pathText(path: readonly PropertyKey[]): string {
  let text = ''
  for (const part of path) {
    if (typeof part === 'number') text += `[${part}]`
    else text += text === '' ? printable(String(part)) : `.${printable(String(part))}`
  }
  return text
}

/** The fault of a value of etcd that is not JSON. */
export function notJson(key: string, error: unknown): Fault {
  return { source: 'etcd', at: key, path: key, message: `is not JSON: ${printable(describeError(error))}` }
}

/** All faults for a person, one a line, in the order in which they were found. */
export function formatFaults(faults: readonly Fault[]): string {
  return faults.map((fault) => `  ${fault.path} ${fault.message}${hint(fault)} (${printable(fault.at)})`).join('\n')
}

function hint({ suggestion }: Fault): string {
  return suggestion === undefined ? '' : `; did you mean '${suggestion}'?`
}

/** Names come from files that others write: nothing that a terminal obeys or is fooled by reaches it, no name fills the screen. */
export function printable(text: string): string {
  const cut = text.length > 200 ? `${text.slice(0, 200)}…` : text
  // As in the terminal's escapeControls: controls, separators of lines, marks that turn the direction of text.
  // oxlint-disable-next-line no-control-regex -- these are the characters that must not pass
  return cut.replaceAll(/[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g, '?')
}

import { type Document, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml'
import { describeError } from '@logpipe/runtime/errors'
import { type Fault, printable } from './fault.ts'
import type { SettingsText } from './settings-file.ts'

/** Reads YAML (and JSON, which is YAML too). Never throws: what is wrong comes back as faults with their line. */
export function readYaml(text: string, file: string): SettingsText {
  const lines = new LineCounter()
  const fault = (message: string, position?: number): Fault => ({
    path: file,
    message,
    source: 'file',
    at: position === undefined ? file : `${file}:${lines.linePos(position).line}`,
  })
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, logLevel: 'silent' })
    if (document.errors.length > 0) {
      const faults = document.errors.map((error) =>
        fault(`is not valid YAML: ${printable(error.message)}`, error.pos[0]),
      )
      return { value: undefined, faults, lineOf: () => undefined }
    }
    const value: unknown = document.toJS()
    return { value, faults: [], lineOf: (path) => lineOf(document, lines, path) }
  } catch (error) {
    // Aliases that multiply without end, or nesting deeper than the stack.
    return {
      value: undefined,
      faults: [fault(`cannot be read: ${printable(describeError(error))}`)],
      lineOf: () => undefined,
    }
  }
}

/** The line of the deepest key on `path` that the document holds. */
function lineOf(document: Document, lines: LineCounter, path: readonly PropertyKey[]): number | undefined {
  let node: unknown = document.contents
  let position: number | undefined
  for (const part of path) {
    if (isMap(node)) {
      const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === String(part))
      if (pair === undefined) break
      position = (pair.key as Node).range?.[0] ?? position
      node = pair.value
    } else if (isSeq(node)) {
      node = node.items[Number(part)]
      if (node === undefined) break
      position = (node as Node).range?.[0] ?? position
    } else {
      break
    }
  }
  return position === undefined ? undefined : lines.linePos(position).line
}

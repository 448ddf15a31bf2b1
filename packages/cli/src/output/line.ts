import { escapeControls, escapeLines } from '@logpipe/runtime/terminal'

/** A log line to be shown. Every part of it was written by someone who is not trusted. */
export interface ShownLine {
  /** ISO 8601. */
  time: string
  host: string
  path: string
  message: string
}

/** `time host path: message` and a newline; on a terminal nothing in it can act on the terminal. */
export function lineText({ time, host, path, message }: ShownLine, isTerminal: boolean): string {
  const front = `${time} ${host} ${path}: `
  return isTerminal ? `${escapeControls(front)}${escapeLines(message)}\n` : `${front}${message}\n`
}

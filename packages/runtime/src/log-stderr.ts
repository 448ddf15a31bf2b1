import { LineWriter } from './line-writer.ts'
import { humanLine } from './log-human.ts'

/** Lines that wait for a reader of stderr, at most. */
const maxWaitingBytes = 1_048_576

let onDropped: (count: number) => void = () => {}
let writer: LineWriter | undefined

/** stderr for log lines, one writer for the process: short human lines on a terminal, else the lines as they are. */
export function standardError(dropped: (count: number) => void): { write(line: string): void } {
  onDropped = dropped
  const shared = (writer ??= open())
  return process.stderr.isTTY ? { write: (line) => shared.write(humanLine(line)) } : shared
}

function open(): LineWriter {
  const opened = new LineWriter(2, { maxWaitingBytes, onDropped: (count) => onDropped(count) })
  process.on('exit', () => opened.flushAtExit())
  return opened
}

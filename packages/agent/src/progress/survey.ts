import { setImmediate as immediate } from 'node:timers/promises'
import {
  type AgentProgress,
  type FileProgress,
  maxProgressBytes,
  maxProgressFiles,
  type ProgressTotals,
} from '@logpipe/config'
import { Worst } from './worst.ts'

/** What is to be said of all files. */
export type Survey = Pick<AgentProgress, 'totals' | 'files' | 'omitted'>

/** Files between two pauses, in which lines are read and sent: some tenths of a millisecond. */
const sliceFiles = 500
/** A reason may quote what the system or Kafka said at length. */
const maxReasonLength = 300

/** Goes through all files, in slices, and tells of the worst as many as fit. Files that come or go meanwhile are in it or not. */
export async function survey(rows: Iterable<FileProgress>): Promise<Survey> {
  const worst = new Worst(maxProgressFiles)
  const totals: ProgressTotals = { files: 0, lagBytes: 0, states: {} }
  for (const row of rows) {
    totals.files++
    totals.lagBytes += row.lagBytes
    totals.states[row.state] = (totals.states[row.state] ?? 0) + 1
    worst.add(row)
    if (totals.files % sliceFiles === 0) await immediate()
  }
  const files = fitting(worst.take().map(shortened))
  return { totals, files, omitted: totals.files - files.length }
}

function shortened(row: FileProgress): FileProgress {
  const { reason } = row
  return reason === null || reason.length <= maxReasonLength
    ? row
    : { ...row, reason: `${reason.slice(0, maxReasonLength)}…` }
}

/** As many from the first on as fit; a path may be as long as 4,096 bytes, and one file may be too much already. */
function fitting(files: readonly FileProgress[]): FileProgress[] {
  let left = maxProgressBytes
  const tooMany = files.findIndex((file) => (left -= Buffer.byteLength(JSON.stringify(file)) + 1) < 0)
  return files.slice(0, tooMany === -1 ? files.length : tooMany)
}

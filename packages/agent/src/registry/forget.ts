import { type Checkpoint, isOver } from './registry.ts'

/** How long a file is remembered that no entry of the plan asks for. */
const othersKeptMs = 30 * 24 * 3_600_000
const finishedKept = 100_000
/** After a start nothing else is forgotten for so long: files that were quiet for months have still to be found, and the clock may have been wrong. */
const startGraceMs = 24 * 3_600_000

/** A checkpoint as the registry had it at the start: seen so lately that its file can still be found. */
export function withGrace(stored: Checkpoint, nowMs: number): Checkpoint {
  const leastMs = nowMs - othersKeptMs + startGraceMs
  return isOver(stored) || stored.seenMs >= leastMs ? stored : { ...stored, seenMs: leastMs }
}

/** Of the checkpoints that nobody collects, those that have rested long enough, or are too many. `forgetMs`: how long a finished one is remembered. */
export function toForget(resting: Iterable<Checkpoint>, nowMs: number, forgetMs: number): Checkpoint[] {
  const oldestFirst = [...resting].sort((a, b) => a.seenMs - b.seenMs)
  let excess = oldestFirst.length - finishedKept
  return oldestFirst.filter((checkpoint) => {
    const finished = isOver(checkpoint)
    const old = nowMs - checkpoint.seenMs > (finished ? forgetMs : othersKeptMs)
    if (!old && !(finished && excess > 0)) return false
    excess--
    return true
  })
}

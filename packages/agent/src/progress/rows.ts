import type { FileProgress, FileState } from '@logpipe/config'
import type { Tracker } from '../discover/tracker.ts'
import type { Harvester } from '../harvest/harvester.ts'

/** What the files of an entry have still to do. */
export interface LeftToDo {
  /** Bytes that are not acknowledged. */
  readonly lagBytes: number
  /** More of them will be: some are to be read, on their way, or wait for Kafka. Else they are the beginning of a line, or cannot be read. */
  readonly isUnderWay: boolean
}

/** The rows of /files, each made when it is asked for: what is collected, then what is matched and ignored. */
export function* fileRows(
  tracker: Tracker,
  isReady: (harvester: Harvester) => boolean,
): Generator<FileProgress, void, void> {
  for (const harvester of tracker.harvesters) yield progress(harvester, isReady(harvester))
  for (const { path, entry, reason, kind } of tracker.ignored) {
    const { id, topic } = entry.spec
    const state = kind === 'failure' ? 'failed' : 'ignored'
    yield { path, entry: id, topic, identity: '', size: 0, read: 0, acked: 0, lagBytes: 0, state, reason }
  }
}

function progress(harvester: Harvester, isReady: boolean): FileProgress {
  const { path, source, entry, knownSize } = harvester
  // Until it could be looked at, what was read is all that is known of its size.
  const size = knownSize < 0 ? source.read : knownSize
  const { state, reason } = stateOf(harvester, isReady)
  return {
    path,
    entry: entry.spec.id,
    topic: entry.spec.topic,
    identity: source.id,
    size,
    read: source.read,
    acked: source.acked,
    lagBytes: state === 'ignored' ? 0 : Math.max(0, size - source.acked),
    state,
    reason,
  }
}

function stateOf(harvester: Harvester, isReady: boolean): { state: FileState; reason: string | null } {
  if (harvester.failure !== null) return { state: 'failed', reason: harvester.failure }
  const { standing, remark } = harvester
  if (standing === 'held' || standing === 'ignored') return { state: standing, reason: remark }
  const blocked = harvester.blockedReason
  if (blocked !== null) return { state: 'blocked', reason: blocked }
  if (harvester.lost !== null) {
    const reason =
      harvester.lost === 'deleted'
        ? 'It was deleted; it is read to its end.'
        : 'It was renamed to a name that no entry matches; it is read to its end.'
    return { state: 'lost', reason }
  }
  if (isReady || !harvester.isAtEnd) return { state: 'active', reason: remark ?? contentReason(harvester) }
  return { state: 'idle', reason: remark ?? contentReason(harvester) ?? unfinishedReason(harvester) }
}

function unfinishedReason({ size, source: { read } }: Harvester): string | null {
  if (size <= read) return null
  return 'Its end is a line, or an event, that is not finished; it waits for the rest.'
}

function contentReason({ source: { undecoded, unwrapped }, entry }: Harvester): string | null {
  if (unwrapped > 0) {
    return `Lines that are not in ${entry.spec.container}'s format went as they are: ${unwrapped} so far. Look at the entry's 'container'.`
  }
  if (undecoded === 0) return null
  return `What could not be decoded as ${entry.spec.encoding} was replaced: ${undecoded} so far. Look at the entry's 'encoding'.`
}

/** Size minus acknowledged, over all these files that are collected. */
export function lagBytes(harvesters: Iterable<Harvester>): number {
  let lag = 0
  for (const harvester of harvesters) lag += lagOf(harvester)
  return lag
}

/** What the files of these entries have still to do; `rounds` tells whose turn will come. */
export function leftToDo(
  harvesters: Iterable<Harvester>,
  entries: ReadonlySet<string>,
  rounds: { isReady(harvester: Harvester): boolean },
): Map<string, LeftToDo> {
  const left = new Map<string, LeftToDo>()
  for (const harvester of harvesters) {
    const { id } = harvester.entry.spec
    const lag = entries.has(id) ? lagOf(harvester) : 0
    if (lag === 0) continue
    const before = left.get(id) ?? { lagBytes: 0, isUnderWay: false }
    const isUnderWay = before.isUnderWay || (harvester.failure === null && isMoving(harvester, rounds))
    left.set(id, { lagBytes: before.lagBytes + lag, isUnderWay })
  }
  return left
}

/** Bytes of it that are read and not acknowledged, that can be read, or that wait for somebody. */
function isMoving(harvester: Harvester, rounds: { isReady(harvester: Harvester): boolean }): boolean {
  const { source, isAtEnd, blockedReason } = harvester
  return source.read > source.acked || !isAtEnd || blockedReason !== null || rounds.isReady(harvester)
}

function lagOf({ knownSize, source, standing }: Harvester): number {
  return standing === 'ignored' ? 0 : Math.max(0, knownSize - source.acked)
}

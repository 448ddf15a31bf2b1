import { setImmediate as immediate } from 'node:timers/promises'
import type { PreviewFile } from '@logpipe/config'
import { systemClock } from '@logpipe/runtime'
import { Delivery } from '../deliver/delivery.ts'
import type { DeliveryEvents } from '../deliver/topic.ts'
import { headBytes } from '../discover/fingerprint.ts'
import type { Found } from '../discover/finder.ts'
import type { TreatedLines } from '../events.ts'
import { type FeedContext, type FeedEvents, makeFeed } from '../harvest/feed.ts'
import { Source } from '../harvest/source.ts'
import type { PlanEntry } from '../plan/compile.ts'
import type { Beginning } from './beginning.ts'
import { Capture } from './capture.ts'

export interface FirstLinesOptions extends Pick<FeedContext, 'origin' | 'batchBytes' | 'deadLetterSuffix'> {
  /** Records that are wanted, at most. */
  lines: number
  lineBytes: number
}

/** What is told of the first lines of a file. */
export type FirstLines = Pick<PreviewFile, 'lines' | 'filtered' | 'redacted' | 'undecoded' | 'unwrapped' | 'remark'>

/** One at a time, so that whoever waits is asked between two of them. */
const oneLine = { lines: 1, bytes: Infinity }
const nobody = { epoch: 0, epochBytes: 1, isFailing: false, touched: (): void => {} }
const unheard: DeliveryEvents = {
  batchSent() {},
  batchAcked() {},
  batchTooLarge() {},
  timesRefused() {},
  topicRefused() {},
  topicAccepted() {},
}

/**
 * The first records that the entry would make of a file that begins like this, by the very feed that would make them; ends with what it has when
 * `signal` aborts. Sends nothing, and changes nothing that the agent knows.
 */
export async function firstLines(
  { path, stat, entry }: Found,
  { bytes, isWhole, remark }: Beginning,
  { origin, batchBytes, deadLetterSuffix, lines, lineBytes }: FirstLinesOptions,
  signal: AbortSignal,
): Promise<FirstLines> {
  const tally = new Treated()
  const { spec } = entry
  const capture = new Capture(spec.topic, lineBytes)
  const delivery = new Delivery({
    sender: capture,
    events: unheard,
    clock: systemClock,
    batchBytes,
    maxInFlightBytes: batchBytes,
    lingerMs: Infinity,
    wake: () => {},
  })
  const source = Source.begin({ path, identity: stat }, spec, nobody)
  source.grow(bytes.subarray(0, headBytes))
  const feed = makeFeed(source, rehearsed(entry), { delivery, origin, batchBytes, deadLetterSuffix, events: tally })
  // As if the registry had it all: nothing waits to be written there.
  source.prepare(bytes.length + feed.aheadBytes)
  source.stored(source.checkpoint(0))
  const settle = async (): Promise<void> => {
    delivery.flush()
    await delivery.drain(signal)
    await immediate()
  }
  try {
    let at = 0
    for (let taken = 0; taken < lines && !signal.aborted;) {
      if (!feed.hasRoom) {
        await settle()
        continue
      }
      feed.append(bytes, 0, at, bytes.length, oneLine)
      taken += feed.lineCount
      const hasMoved = feed.end > at
      at = feed.end
      source.read = at
      if (hasMoved) await immediate()
      else if (!feed.hasRoom) continue
      else if (!isWhole || source.cut >= 0 || feed.wholeEnd <= at) break
      // Nothing more comes: what waits for more goes as it stands, as it would after a while.
      else source.cut = feed.wholeEnd
    }
    await settle()
    const records = capture.records.toSorted((a, b) => a.offset - b.offset)
    const { filtered, redacted, undecoded, unwrapped } = tally
    const isShort = records.length < lines && (at < bytes.length || !isWhole)
    const odd = remark ?? (isShort ? shortRemark(isWhole, bytes.length) : null)
    return { lines: records.slice(0, lines), filtered, redacted, undecoded, unwrapped, remark: odd }
  } finally {
    delivery.close()
  }
}

/** The entry as it is, but for how its records travel: they do not. */
function rehearsed(entry: PlanEntry): PlanEntry {
  return { ...entry, route: { ...entry.route, acks: 'all', compression: 'none', partition: 'source' } }
}

function shortRemark(isWhole: boolean, seenBytes: number): string {
  if (isWhole) return 'Its last line is not finished; it is sent when it is.'
  return `Only its first ${seenBytes} bytes were looked at.`
}

/** Counts what a feed does beside making records. */
class Treated implements FeedEvents {
  filtered = 0
  redacted = 0
  undecoded = 0
  unwrapped = 0

  linesTreated(_topic: string, treated: TreatedLines): void {
    this.filtered += treated.filteredLines
    this.redacted += treated.redactedLines
    this.undecoded += treated.undecoded
    this.unwrapped += treated.unwrapped
  }

  undecodable(): void {}

  notOfFormat(): void {}
}

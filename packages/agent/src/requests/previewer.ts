import type { CollectEntry, EntryPreview, PreviewFile, PreviewRequest } from '@logpipe/config'
import { type Clock, describeError } from '@logpipe/runtime'
import { binaryReason, hasOwnNuls, isBinary } from '../discover/kin/text.ts'
import { headBytes } from '../discover/fingerprint.ts'
import type { Found, Scan } from '../discover/finder.ts'
import { identityKey, modifiedAt } from '../discover/identity.ts'
import { Roots } from '../discover/roots.ts'
import type { FeedContext } from '../harvest/feed.ts'
import { compilePlan, emptyPlan, type PlanEntry } from '../plan/compile.ts'
import { whyTooOld } from '../upkeep/upkeep.ts'
import { Allowance, headRoomBytes } from './allowance.ts'
import { type Beginning, readBeginning } from './beginning.ts'
import { firstLines } from './first-lines.ts'
import { look, Pace } from './look.ts'

export interface PreviewerOptions extends Pick<FeedContext, 'origin' | 'batchBytes' | 'deadLetterSuffix'> {
  clock: Clock
  /** Folders outside of which nothing is looked at. */
  roots: readonly string[]
}

/** What of the asker's time the work may take. */
const workShare = 0.7
const maxWorkMs = 10_000
/** Of each file. */
const readBytes = 131_072
const maxReasonLength = 300

const unread = { lines: [], filtered: 0, redacted: 0, undecoded: 0, unwrapped: 0, packed: null }

/**
 * Says what entries would collect on this host, as if the agent had never seen their files. Looks only: sends nothing, writes nothing, and changes
 * nothing that the agent knows. One call at a time.
 */
export class Previewer {
  readonly #options: PreviewerOptions
  readonly #roots: Roots

  constructor(options: PreviewerOptions) {
    this.#options = options
    this.#roots = new Roots(options.roots)
  }

  /** One row for each entry, in order. Ends with what it has when its time is over, or `signal` aborts. */
  async preview(request: PreviewRequest, specs: readonly CollectEntry[], signal: AbortSignal): Promise<EntryPreview[]> {
    const { clock, deadLetterSuffix } = this.#options
    const dueAt = clock.monotonic() + Math.min(maxWorkMs, request.waitMs * workShare)
    // One that is not enabled is looked at for the day on which it is.
    const enabled = specs.map((spec) => ({ ...spec, enabled: true }))
    const plan = this.#roots.apply(compilePlan(enabled, emptyPlan, deadLetterSuffix))
    const taken = new Map<string, string>()
    const pace = new Pace(clock)
    const allowance = new Allowance(request.replyBytes - headRoomBytes(specs.length))
    const rows: EntryPreview[] = []
    for (const [index, { id }] of specs.entries()) {
      const entry = plan.entries.find(({ spec }) => spec.id === id)
      if (entry === undefined) {
        const refused = plan.refused.find((one) => one.entry === id)?.message ?? 'It is not run here.'
        rows.push({ ...emptyRow(id), refused: refused.slice(0, maxReasonLength) })
        continue
      }
      // Each has its share of the time that is left.
      const shareMs = Math.max(1, (dueAt - clock.monotonic()) / (specs.length - index))
      const until = AbortSignal.any([signal, AbortSignal.timeout(Math.ceil(shareMs))])
      rows.push(await this.#row(entry, request, { taken, pace, allowance, until }))
    }
    return rows
  }

  async #row(entry: PlanEntry, request: PreviewRequest, work: Work): Promise<EntryPreview> {
    const { taken, pace, allowance, until } = work
    const { isComplete, ...scan } = await look(entry, this.#roots, pace, until)
    const row = { ...emptyRow(entry.spec.id), isComplete }
    const ignore = (path: string, reason: string): void => {
      row.ignoredCount++
      const one = { path, reason }
      if (row.ignored.length < request.files && allowance.takes(one)) row.ignored.push(one)
    }
    for (const { path, reason } of ignoredOf(scan)) ignore(path, reason)
    for (const found of scan.found.toSorted((a, b) => (a.path < b.path ? -1 : 1))) {
      const key = `${identityKey(found.stat)} ${entry.spec.topic}`
      const other = taken.get(key)
      const reason = other ?? whyTooOld(found, this.#options.clock.now())
      if (reason !== null) {
        ignore(found.path, reason)
        continue
      }
      taken.set(key, `It is the same file as ${found.path}, which entry '${entry.spec.id}' collects for this topic.`)
      row.matched++
      if (row.files.length >= request.files) continue
      await pace.rest(until)
      const file = await this.#file(found, request, until)
      if ('ignored' in file) {
        row.matched--
        ignore(found.path, file.ignored)
        continue
      }
      if (allowance.takes(file)) row.files.push(file)
      else {
        const bare = {
          ...file,
          ...unread,
          packed: file.packed,
          remark: 'Its lines are left out: the answer would be too large.',
        }
        if (allowance.takes(bare)) row.files.push(bare)
      }
    }
    return row
  }

  async #file(found: Found, request: PreviewRequest, until: AbortSignal): Promise<PreviewFile | { ignored: string }> {
    const { path, stat, entry } = found
    const head = { path, size: stat.size, modified: modifiedAt(stat) }
    if (until.aborted) return { ...head, ...unread, remark: 'Time was over before it was read.' }
    let beginning: Beginning
    try {
      beginning = await readBeginning(found, this.#roots, readBytes)
    } catch (error) {
      return { ignored: describeError(error).slice(0, maxReasonLength) }
    }
    const { bytes, packed } = beginning
    if (!hasOwnNuls(entry.spec) && isBinary(bytes.subarray(0, headBytes))) {
      return { ignored: binaryReason(entry.spec.encoding) }
    }
    const { lines, lineBytes } = request
    const first = await firstLines(found, beginning, { ...this.#options, lines, lineBytes }, until)
    return { ...head, packed, ...first }
  }
}

/** What the rows of one preview share. */
interface Work {
  /** Why a file is not collected once more for the same topic, by file and topic. */
  readonly taken: Map<string, string>
  readonly pace: Pace
  readonly allowance: Allowance
  readonly until: AbortSignal
}

function emptyRow(id: string): EntryPreview {
  return { id, refused: null, matched: 0, files: [], ignoredCount: 0, ignored: [], isComplete: true }
}

/** What is ignored, and what could not be looked at, each path once. */
function ignoredOf({ ignored, blind }: Scan): { path: string; reason: string }[] {
  const reasons = new Map(blind)
  for (const { path, reason } of ignored) reasons.set(path, reason)
  return Array.from(reasons, ([path, reason]) => ({ path, reason }))
}

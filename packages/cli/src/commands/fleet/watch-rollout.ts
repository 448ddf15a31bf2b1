import { formatDuration, parseDuration } from '@logpipe/config'
import { Backoff, describeError, isLogpipeError, LogpipeError, sleep } from '@logpipe/runtime'
import { escapeControls, print } from '@logpipe/runtime/terminal'
import type { StoreSession } from '../../entries/session.ts'
import type { TargetFlags } from '../../entries/target.ts'
import { lines, type Looked, lookAtRollout, rolloutErrors, rolloutHead, rolloutJson, rolloutText } from './rollout.ts'

export interface WatchFlags extends TargetFlags {
  json?: boolean
  /** As a duration. */
  timeout: string
}

const paceMs = 1_000

/**
 * `logctl rollout --watch`: tells every change of how far it has come, until it is applied or failed everywhere, or --timeout is over. Resolves to whether it
 * is applied everywhere. An etcd that goes away meanwhile is waited for.
 */
export async function watchRollout(flags: WatchFlags, session: StoreSession): Promise<boolean> {
  const timeoutMs = timeoutOf(flags.timeout)
  const over = AbortSignal.any([session.signal, AbortSignal.timeout(timeoutMs)])
  const backoff = new Backoff({ baseMs: 500, maxMs: 5_000 })
  let shown: readonly string[] = []
  let last = await lookAtRollout(flags, session)
  /** The more there is to read, the less often. */
  let waitMs = paceMs
  for (;;) {
    const texts = textsOf(last, flags.json === true)
    const before = new Set(shown)
    await print(session.output, texts.filter((text) => !before.has(text)).join(''))
    shown = texts
    if (last.every(({ found }) => found.pending === 0)) return last.every(({ found }) => found.failed === 0)
    const next = await lookAgain()
    if (next === null) break
    last = next
  }
  if (session.signal.aborted) return false
  if (flags.json !== true) await print(session.output, last.map(rolloutText).join(''))
  session.output.stderr.write(`logctl: It is not applied everywhere after ${formatDuration(timeoutMs)}.\n`)
  return false

  /** A little later; null: the time is over. */
  async function lookAgain(): Promise<Looked[] | null> {
    for (let isTold = false; ;) {
      await sleep(waitMs, over).catch(() => undefined)
      if (over.aborted) return null
      const began = performance.now()
      try {
        const found = await lookAtRollout(flags, session)
        backoff.reset()
        waitMs = Math.max(paceMs, (performance.now() - began) * 9)
        return found
      } catch (error) {
        if (!isLogpipeError(error, 'etcd_unavailable')) throw error
        if (!isTold) session.output.stderr.write(`logctl: ${escapeControls(describeError(error))}\n`)
        isTold = true
        waitMs = backoff.next()
      }
    }
  }
}

/** One for each thing to tell. */
function textsOf(all: readonly Looked[], isJson: boolean): string[] {
  if (isJson) return all.map(rolloutJson)
  return all.flatMap((one) => [rolloutHead(one), ...rolloutErrors(one)].map((text) => lines([text])))
}

function timeoutOf(text: string): number {
  const ms = parseDuration(text)
  if (ms !== null && ms >= paceMs && ms <= 86_400_000) return ms
  throw new LogpipeError('settings_invalid', `--timeout is '${text}': give a time from 1s to 24h, e.g. 5m.`)
}

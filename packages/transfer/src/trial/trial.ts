import { Worker } from 'node:worker_threads'
import { maxMailBytes, type ParsedLine } from '@logpipe/config'
import { describeError } from '@logpipe/runtime'
import type { TrialNews, TrialWork } from './work.ts'

export interface TrialLimits {
  /** How long it may work. */
  workMs: number
  /** How long it may take in all, with the start of its thread. */
  allMs: number
  heapMiB: number
}

/** What a trial found: why nothing was tried, in a sentence, or one row for each line of each source. */
export type Tried = { refused: string } | { sources: ParsedLine[][] }

/** Bytes of one document as it is shown. */
const rowBytes = 65_536
/** What an answer needs for itself, for each source and for each line that nothing is told of. */
const [frameBytes, sourceBytes, lineBytes] = [8_192, 300, 160]

/** Beside this file: as it was written, or as it was compiled. */
const threadFile = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url)

/**
 * Tries lines in a thread of their own, so that no pipeline, however it is made, holds up the lines on their way: the thread ends when its time or its memory
 * is used up, or `signal` aborts, with what it has. Never rejects.
 */
export async function tryApart(
  work: Omit<TrialWork, 'rowBytes' | 'allBytes'>,
  { workMs, allMs, heapMiB }: TrialLimits,
  signal: AbortSignal,
): Promise<Tried> {
  const wanted = work.sources.reduce((sum, { lines }) => sum + lines.length, 0)
  const allBytes = maxMailBytes - frameBytes - work.sources.length * sourceBytes - wanted * lineBytes
  const sources = work.sources.map((): ParsedLine[] => [])
  if (wanted === 0) return { sources }
  let refused: string | null = null
  const failure = await new Promise<string | null>((resolve) => {
    const thread = new Worker(threadFile, {
      workerData: { ...work, rowBytes, allBytes } satisfies TrialWork,
      resourceLimits: { maxOldGenerationSizeMb: heapMiB, maxYoungGenerationSizeMb: 16 },
    })
    const end = (reason: string | null): void => {
      thread.removeAllListeners('message')
      for (const timer of timers) clearTimeout(timer)
      signal.removeEventListener('abort', late)
      resolve(reason)
      void thread.terminate()
    }
    const late = (): void => end('Time was over before it was tried.')
    const timers = [setTimeout(late, allMs)]
    signal.addEventListener('abort', late)
    if (signal.aborted) late()
    thread.on('message', (news: TrialNews) => {
      if (news === 'begun') timers.push(setTimeout(late, workMs))
      else if ('refused' in news) refused = news.refused
      else sources[news.source]?.push(news.line)
    })
    // What it is beside memory is a fault of ours, which must not end the process.
    thread.on('error', (error: NodeJS.ErrnoException) =>
      end(
        error.code === 'ERR_WORKER_OUT_OF_MEMORY'
          ? 'The pipeline needs too much memory for it.'
          : `It could not be tried: ${describeError(error)}`,
      ),
    )
    thread.on('exit', () => end(null))
  })
  if (refused !== null) return { refused }
  const reason = failure ?? 'It was not tried.'
  for (const [index, { lines }] of work.sources.entries()) {
    const rows = sources[index]
    while (rows !== undefined && rows.length < lines.length) rows.push({ fate: 'unknown', reason })
  }
  return { sources }
}

import { parentPort, workerData } from 'node:worker_threads'
import { checkPipeline, formatFaults, type ParsedLine } from '@logpipe/config'
import { describeError } from '@logpipe/runtime'
import { Pipelines } from '../pipeline/pipelines.ts'
import { tryLines } from './try-lines.ts'
import { draftName, type TrialNews, type TrialWork } from './work.ts'

/** The thread of a trial: tries what it was given, says what became of each line, and ends. Whoever started it bounds its time and memory. */
const { pipelines: specs, draft, sources, rowBytes, allBytes } = workerData as TrialWork

const say = (news: TrialNews): void => parentPort?.postMessage(news)
const bounds = { left: allBytes }

say('begun')
try {
  const pipelines = new Pipelines(specs)
  const fault = draft === undefined ? null : putDraft(pipelines, draft.value)
  if (fault === null) await tryAll(pipelines)
  else say({ refused: fault })
} catch (error) {
  say({ refused: `It could not be tried: ${describeError(error)}` })
}

/** Why the draft cannot work, in a sentence; null where it can. */
function putDraft(pipelines: Pipelines, value: unknown): string | null {
  const checked = checkPipeline(value, () => ({ source: 'etcd', at: 'the request' }))
  if (!checked.ok) return `The pipeline cannot work:\n${formatFaults(checked.faults)}`
  try {
    pipelines.put(draftName, checked.value)
    return null
  } catch (error) {
    return `The pipeline cannot work: ${describeError(error)}`
  }
}

async function tryAll(pipelines: Pipelines): Promise<void> {
  for (const [source, { lines, ...given }] of sources.entries()) {
    const tried = lines.map(({ offset, text }) => ({ offset, bytes: Buffer.from(text) }))
    for await (const line of tryLines(tried, { ...given, pipelines, maxBytes: rowBytes * 8 })) {
      say({ source, line: fitting(line) })
    }
  }
}

/** The line where there is room for it in the answer. */
function fitting(line: ParsedLine): ParsedLine {
  const bytes = Buffer.byteLength(JSON.stringify(line))
  if (bytes > rowBytes) return { fate: 'unknown', reason: `The document is larger than ${rowBytes} bytes.` }
  if (bytes > bounds.left) return { fate: 'unknown', reason: 'The answer would be too large; try fewer lines.' }
  bounds.left -= bytes
  return line
}

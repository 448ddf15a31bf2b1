import {
  type Answer,
  matchTopic,
  maxMailBytes,
  type ParsedSource,
  type ParseReply,
  type ParseRequest,
  type ParseSource,
  type Pipeline,
  readParseRequest,
  type TransferSettings,
} from '@logpipe/config'
import { sleep } from '@logpipe/runtime'
import { defaultsOf, routeOf } from '../document/route.ts'
import type { Pipelines } from '../pipeline/pipelines.ts'
import { type TrialLimits, tryApart } from './trial.ts'
import { draftName, type TrialSource } from './work.ts'

export interface TryingOptions {
  /** Id of this transfer. */
  transfer: string
  settings: Pick<TransferSettings, 'kafka' | 'elasticsearch' | 'routes'>
  pipelines: Pipelines
  limits?: Omit<TrialLimits, 'allMs'>
}

const usualLimits = { workMs: 3_000, heapMiB: 128 }
/** What of the asker's time a trial may take. */
const workShare = 0.8
/** The topic of lines of which none is known. */
const noTopic = 'test'
const maxReasonLength = 10_000

/**
 * How this transfer answers what stands in its mailbox: with what lines become by its pipelines and routes, or by a draft. Works for half of the time at most.
 * Never rejects: what cannot be done is refused in a sentence.
 */
export function answerTrials({ transfer, settings, pipelines, limits = usualLimits }: TryingOptions): Answer {
  let restUntil = 0
  return async (value, _key, signal): Promise<ParseReply | null> => {
    const restMs = restUntil - performance.now()
    if (restMs > 0) await sleep(restMs, signal).catch(() => undefined)
    if (signal.aborted) return null
    const read = readParseRequest(value)
    if ('refused' in read) return { kind: 'refused', transfer, reason: read.refused }
    const began = performance.now()
    const within = { ...limits, allMs: read.request.waitMs * workShare }
    const reply = await answer(read.request, { transfer, settings, pipelines, limits: within }, signal)
    restUntil = 2 * performance.now() - began
    return signal.aborted ? null : reply
  }
}

async function answer(
  request: ParseRequest,
  { transfer, settings, pipelines, limits }: Omit<TryingOptions, 'limits'> & { limits: TrialLimits },
  signal: AbortSignal,
): Promise<ParseReply> {
  const isDraft = 'draft' in request
  const rows = request.sources.map((one): ParsedSource & { work: TrialSource | null } => {
    const refused = refusalOf(one, settings)
    const work = refused === null ? workOf(one, settings, isDraft) : null
    const pipeline = work === null || isDraft ? null : (work.source.pipeline ?? work.defaults.pipeline ?? null)
    return { refused, pipeline, lines: [], work }
  })
  const tried = await tryApart(
    {
      pipelines: specsOf(rows, pipelines),
      ...(isDraft && { draft: { value: request.draft } }),
      sources: rows.flatMap(({ work }) => work ?? []),
    },
    limits,
    signal,
  )
  if ('refused' in tried) return { kind: 'refused', transfer, reason: tried.refused.slice(0, maxReasonLength) }
  let next = 0
  const sources = rows.map(({ work, refused, pipeline }): ParsedSource => {
    return { refused, pipeline, lines: work === null ? [] : (tried.sources[next++] ?? []) }
  })
  const reply: ParseReply = { kind: 'parse', transfer, sources }
  if (Buffer.byteLength(JSON.stringify(reply)) <= maxMailBytes) return reply
  return { kind: 'refused', transfer, reason: 'The answer would be too large; ask for fewer lines at once.' }
}

/** Why this transfer never makes documents of such lines, in a sentence; null where it does. */
function refusalOf({ topic }: ParseSource, { kafka, elasticsearch, routes }: TryingOptions['settings']): string | null {
  if (elasticsearch === undefined) return 'This transfer writes to InfluxDB alone; it parses no lines.'
  if (topic === undefined) return null
  if (!matchTopic(kafka.topics, topic)) return `This transfer does not read the topic ${topic}.`
  if (routeOf(routes, topic)?.sink === 'influxdb') return `The topic ${topic} goes to InfluxDB; no pipeline parses it.`
  return null
}

function workOf(
  { topic, lines, ...source }: ParseSource,
  { elasticsearch, routes }: TryingOptions['settings'],
  isDraft: boolean,
): TrialSource {
  const { type = 'logs', namespace = 'default' } = elasticsearch?.dataStream ?? {}
  const defaults = topic === undefined ? { type, namespace } : defaultsOf(routes, topic, { type, namespace })
  const named = isDraft ? { ...source, pipeline: draftName } : source
  return { topic: topic ?? noTopic, source: named, defaults, lines }
}

/** The pipelines that are needed, by name; one that nobody knows is left out. */
function specsOf(rows: readonly ParsedSource[], pipelines: Pipelines): Record<string, Pipeline> {
  const specs: Record<string, Pipeline> = {}
  for (const { pipeline } of rows) {
    const spec = pipeline === null ? undefined : pipelines.spec(pipeline)
    if (pipeline !== null && spec !== undefined) specs[pipeline] = spec
  }
  return specs
}

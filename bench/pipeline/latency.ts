import { sleep } from '@logpipe/runtime'
import type { Pipeline } from './running.ts'
import type { Appended } from './writer.ts'

export interface Latency {
  p50Ms: number
  p99Ms: number
  maxMs: number
  probes: number
}

const lookMs = 50
/** Of lines that are waited for in one search. */
const maxProbes = 1_000
const waitMs = 60_000
const clockSlackMs = 1_000

/**
 * Writes at this pace, and searches all the time for the last line of each append until it is found: what a user would wait who looks for a
 * line in the index. Includes the time of the search that finds it, and of the pause before.
 */
export async function measureLatency(
  { place, writer, stream, check }: Pipeline,
  pace: { linesPerSec: number; seconds: number },
): Promise<Latency> {
  const { elasticsearch, signal } = place
  const waiting = new Map<string, Appended>()
  const latencies: number[] = []
  let writtenMs = Number.POSITIVE_INFINITY
  const searching = (async () => {
    while (waiting.size > 0 || writtenMs === Number.POSITIVE_INFINITY) {
      check()
      for (const key of await findLines(elasticsearch, stream, [...waiting.values()].slice(0, maxProbes))) {
        const appended = waiting.get(key)
        if (appended !== undefined) latencies.push(performance.now() - appended.ms)
        waiting.delete(key)
      }
      if (performance.now() - writtenMs > waitMs)
        throw new Error(`${waiting.size} lines were not found in ${waitMs / 1_000} s.`)
      await sleep(lookMs, signal)
    }
  })()
  const writing = writer
    .run(pace, signal, (appended) => waiting.set(keyOf(appended), appended))
    .then(() => (writtenMs = performance.now()))
  await Promise.all([writing, searching])
  const sorted = latencies.sort((a, b) => a - b)
  const at = (part: number): number =>
    sorted[Math.min(Math.ceil(sorted.length * part), sorted.length) - 1] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), probes: sorted.length }
}

function keyOf({ path, offset }: { path: string; offset: number }): string {
  return `${offset} ${path}`
}

async function findLines(
  elasticsearch: Pipeline['place']['elasticsearch'],
  stream: string,
  lines: readonly Appended[],
): Promise<string[]> {
  if (lines.length === 0) return []
  const offsets = [...new Set(lines.map(({ offset }) => offset))]
  const oldestMs = Math.min(...lines.map(({ ms }) => ms))
  const since = new Date(Date.now() - (performance.now() - oldestMs) - clockSlackMs).toISOString()
  const query = {
    // Files have lines at the same offsets.
    size: 10_000,
    track_total_hits: false,
    // Of a stretch of time, as Kibana asks: without it each search would read the offsets of all documents, and be most of the load.
    query: { bool: { filter: [{ range: { '@timestamp': { gte: since } } }, { terms: { 'log.offset': offsets } }] } },
    _source: ['log.offset', 'log.file.path'],
  }
  const answer = await elasticsearch.request('POST', `/${stream}/_search`, JSON.stringify(query))
  const { hits } = (JSON.parse(answer.toString()) as { hits: { hits: Hit[] } }).hits
  return hits.map(({ _source: { log } }) => keyOf({ path: log.file.path, offset: log.offset }))
}

interface Hit {
  _source: { log: { offset: number; file: { path: string } } }
}

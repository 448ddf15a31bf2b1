import { documentId } from '@logpipe/config'
import { lineBytes } from '../lib/access-log.ts'
import { nginxLine } from '../lib/nginx-log.ts'
import { idFront } from '../lib/records.ts'
import type { Lab } from './lab.ts'

/** Documents that are looked up by id and compared with their lines. */
const sampled = 500

interface Hit {
  _id: string
  _source: { message: string; log: { offset: number }; http?: { response?: { status_code?: number } } }
}

/**
 * Throws a sentence unless the target holds each line's document once: by count, by the sum and the extremes of their offsets,
 * and, for some drawn from all over, by id and content. `isParsed`: with what the access-log parser found in the line.
 */
export async function verifyDocuments(
  { elasticsearch, documents }: Lab,
  target: string,
  isParsed = false,
): Promise<void> {
  const found = await elasticsearch.count(target)
  if (found !== documents) throw new Error(`${target} holds ${found} of ${documents} documents.`)
  const { min, max, sum } = await offsets(elasticsearch, target)
  const last = (documents - 1) * lineBytes
  if (min !== 0 || max !== last || sum !== (last / 2) * documents)
    throw new Error(
      `The documents in ${target} are not one of each line: their offsets are ${min} to ${max}, ${sum} in all.`,
    )

  const lines = Array.from({ length: sampled }, (_, i) => Math.floor((i * documents) / sampled))
  const values = lines.map((line) => documentId(idFront(line), line * lineBytes))
  const query = { size: sampled, query: { ids: { values } }, _source: ['message', 'log.offset', 'http'] }
  const answer = await elasticsearch.request('POST', `/${target}/_search`, JSON.stringify(query))
  const { hits } = (JSON.parse(answer.toString()) as { hits: { hits: Hit[] } }).hits
  const same = hits.filter(({ _id, _source: { message, log, http } }) => {
    const status = Number(/" (\d{3}) /.exec(message)?.[1])
    return (
      _id === documentId(idFront(log.offset / lineBytes), log.offset) &&
      message === nginxLine(log.offset / lineBytes) &&
      (!isParsed || http?.response?.status_code === status)
    )
  })
  if (same.length !== sampled)
    throw new Error(`Of ${sampled} documents in ${target}, ${same.length} are as they should be.`)
}

async function offsets(
  elasticsearch: Lab['elasticsearch'],
  target: string,
): Promise<{ min: number; max: number; sum: number }> {
  const query = { size: 0, aggs: { offsets: { stats: { field: 'log.offset' } } } }
  const answer = await elasticsearch.request('POST', `/${target}/_search`, JSON.stringify(query))
  return (JSON.parse(answer.toString()) as { aggregations: { offsets: { min: number; max: number; sum: number } } })
    .aggregations.offsets
}

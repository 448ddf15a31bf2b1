import { sourceIdOf } from '@logpipe/config'
import { LogpipeError } from '@logpipe/runtime'
import type { FoundLine } from './oracle.ts'

export interface FoundDocument {
  id: string
  index: string
  source: Record<string, unknown>
}

export interface ReadDocumentsOptions {
  /** URL of an Elasticsearch node. */
  node: string
  /** Index, data stream or pattern. */
  index: string
  /** Query DSL; all documents by default. */
  query?: Record<string, unknown>
  /** Documents asked for at once. Default 5,000. */
  pageDocs?: number
}

interface SearchPage {
  pit_id: string
  hits: { hits: { _id: string; _index: string; _source: Record<string, unknown>; sort: unknown[] }[] }
}

/**
 * Yields every document that `index` holds at this moment (it refreshes first), each backing index's copies included: a point
 * in time, page by page, so memory stays that of a page. Yields nothing where there is no such index.
 */
export async function* readDocuments(options: ReadDocumentsOptions): AsyncGenerator<FoundDocument> {
  const { node, index, query = { match_all: {} }, pageDocs = 5_000 } = options
  await elasticsearch(node, 'POST', `/${index}/_refresh?ignore_unavailable=true&allow_no_indices=true`)
  if ((await countDocuments(node, index)) === 0) return
  const opened = await elasticsearch<{ id: string }>(node, 'POST', `/${index}/_pit?keep_alive=2m`)
  let pit = opened.id
  try {
    for (let after: unknown[] | undefined; ;) {
      const page = await elasticsearch<SearchPage>(node, 'POST', '/_search', {
        size: pageDocs,
        query,
        pit: { id: pit, keep_alive: '2m' },
        sort: ['_shard_doc'],
        track_total_hits: false,
        ...(after === undefined ? {} : { search_after: after }),
      })
      pit = page.pit_id
      for (const hit of page.hits.hits) yield { id: hit._id, index: hit._index, source: hit._source }
      after = page.hits.hits.at(-1)?.sort
      if (after === undefined) return
    }
  } finally {
    await elasticsearch(node, 'DELETE', '/_pit', { id: pit })
  }
}

/** The documents of `index` as lines for the oracle: in order by `log.offset` within each source (which the id tells). */
export async function* readIndexLines(options: ReadDocumentsOptions): AsyncGenerator<FoundLine> {
  for await (const { id, index, source } of readDocuments(options)) {
    yield {
      line: String(field(source, 'message')),
      stream: sourceIdOf(id) ?? id,
      position: Number(field(source, 'log.offset')),
      place: `${index}/${id}`,
    }
  }
}

/** Documents that `index` holds as a search sees them now; 0 where there is no such index. */
export async function countDocuments(node: string, index: string): Promise<number> {
  const path = `/${index}/_count?ignore_unavailable=true&allow_no_indices=true`
  return (await elasticsearch<{ count: number }>(node, 'GET', path)).count
}

/** One request to Elasticsearch. Rejects with `elasticsearch_unavailable` or, where it says no, `elasticsearch_rejected`. */
export async function elasticsearch<T = unknown>(
  node: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  const request = `${method} ${node}${path}`
  let response: Response
  try {
    response = await fetch(new URL(path, node), {
      method,
      signal: AbortSignal.timeout(30_000),
      ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
    })
  } catch (error) {
    throw new LogpipeError('elasticsearch_unavailable', `${request} did not answer.`, { cause: error, retriable: true })
  }
  const text = await response.text()
  if (!response.ok) {
    throw new LogpipeError('elasticsearch_rejected', `${request} answered ${response.status}: ${text.slice(0, 500)}`)
  }
  return JSON.parse(text) as T
}

/** The value of a field, whether its path is written nested or with dots. */
function field(source: Record<string, unknown>, path: string): unknown {
  if (path in source) return source[path]
  let value: unknown = source
  for (const step of path.split('.')) value = (value as Record<string, unknown> | undefined)?.[step]
  return value
}

import type { Client, estypes } from '@elastic/elasticsearch'
import { LogpipeError } from '@logpipe/runtime'
import { sourceIdOf } from '@logpipe/config'
import type { AuditedDocument } from '../audit/tally.ts'
import type { ElasticsearchSettings } from '../settings.ts'
import { connect, elasticsearchError } from './client.ts'

export interface FileDocumentsQuery {
  /** Indices and data streams, with `*`. */
  index: string
  host: string
  path: string
}

const pageSize = 5_000
const keepAlive = '2m'
const requestTimeoutMs = 60_000

interface Hit {
  _id?: string
  sort?: estypes.SortResults
  fields?: Record<string, unknown[]>
  _source?: { message?: unknown }
}

/**
 * All documents of an agent that speak of one file's path, in the order of their offsets, as they stood when they were first asked for: doubles in two
 * backing indices too. Rejects with sentences.
 */
export async function* fileDocuments(
  settings: ElasticsearchSettings,
  query: FileDocumentsQuery,
  signal: AbortSignal,
): AsyncGenerator<AuditedDocument, void, void> {
  const client = connect(settings, requestTimeoutMs)
  const ask = async <T>(question: () => Promise<T>): Promise<T> => {
    try {
      return await question()
    } catch (error) {
      throw elasticsearchError(error, settings)
    }
  }
  let pit: string | null = null
  try {
    const { index } = query
    pit = (
      await ask(() => client.openPointInTime({ index, keep_alive: keepAlive, ignore_unavailable: true }, { signal }))
    ).id
    let after: estypes.SortResults | undefined
    for (;;) {
      const page = await ask(() => client.search<Hit['_source']>(pageOf(query, pit ?? '', after), { signal }))
      if (page.timed_out || page._shards.failed > 0) throw incomplete()
      pit = page.pit_id ?? pit
      const hits = page.hits.hits as Hit[]
      for (const hit of hits) {
        const document = documentOf(hit)
        if (document !== null) yield document
      }
      if (hits.length < pageSize) return
      after = hits.at(-1)?.sort
    }
  } finally {
    await close(client, pit)
  }
}

function pageOf(
  { host, path }: FileDocumentsQuery,
  id: string,
  after: estypes.SortResults | undefined,
): estypes.SearchRequest {
  return {
    pit: { id, keep_alive: keepAlive },
    size: pageSize,
    track_total_hits: false,
    allow_partial_search_results: false,
    query: { bool: { filter: [{ term: { 'host.name': host } }, { term: { 'log.file.path': path } }] } },
    sort: [{ 'log.offset': { order: 'asc', unmapped_type: 'long', missing: -1 } }],
    _source: ['message'],
    ...(after !== undefined && { search_after: after }),
  }
}

/** Null for a document that no agent of ours made: its id says nothing. */
function documentOf({ _id: id = '', sort, _source }: Hit): AuditedDocument | null {
  const source = sourceIdOf(id)
  const offset = Number(sort?.[0] ?? -1)
  if (source === null || offset < 0) return null
  const message = _source?.message
  return { source, offset, message: typeof message === 'string' ? message : '' }
}

async function close(client: Client, pit: string | null): Promise<void> {
  // What stays open ends by itself.
  if (pit !== null) await client.closePointInTime({ id: pit }).catch(() => undefined)
  await client.close()
}

function incomplete(): LogpipeError {
  const message = 'Elasticsearch left shards out of its answer; nothing can be said of a part.'
  return new LogpipeError('elasticsearch_unavailable', message, { retriable: true })
}

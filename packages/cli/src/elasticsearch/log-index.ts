import { type Client, errors, type estypes } from '@elastic/elasticsearch'
import { LogpipeError } from '@logpipe/runtime'
import type { ElasticsearchSettings } from '../settings.ts'
import type { TimeRange } from '../time-range.ts'
import { connect, elasticsearchError, reasonOf } from './client.ts'

export interface LineQuery {
  /** Lucene query, words joined by AND, looked for in `message`; all lines where absent. */
  text?: string
  range: TimeRange
  dataset?: string
  host?: string
  /** `*` stands for anything. */
  path?: string
  /** At most so many lines, the newest. */
  limit: number
}

export interface FoundDocument {
  _id: string
  _index: string
  source: Record<string, unknown>
}

export interface FoundLines {
  /** How many match in all. */
  total: number
  /** Oldest first. */
  documents: FoundDocument[]
}

export interface DataStreamCount {
  name: string
  documents: number
}

const requestTimeoutMs = 30_000

/** Elasticsearch as logctl sees it: search, health, what is in which data stream. Rejects with sentences. One owner; close it. */
export class LogIndex {
  readonly #settings: ElasticsearchSettings
  readonly #client: Client

  constructor(settings: ElasticsearchSettings, timeoutMs = requestTimeoutMs) {
    this.#settings = settings
    this.#client = connect(settings, timeoutMs)
  }

  /** The newest lines that match. */
  async search(query: LineQuery, signal: AbortSignal): Promise<FoundLines> {
    const request: estypes.SearchRequest = {
      index: `logs-${query.dataset ?? '*'}-*`,
      ignore_unavailable: true,
      allow_no_indices: true,
      size: query.limit,
      track_total_hits: true,
      query: { bool: { filter: filters(query) } },
      // Lines of one file that were read in the same millisecond stand in the order of the file.
      sort: [{ '@timestamp': { order: 'desc' } }, { 'log.offset': { order: 'desc', unmapped_type: 'long' } }],
    }
    const { hits } = await this.#ask(
      () => this.#client.search<Record<string, unknown>>(request, { signal }),
      (error) => queryError(error, query.text),
    )
    return {
      total: typeof hits.total === 'number' ? hits.total : (hits.total?.value ?? 0),
      documents: hits.hits
        .reverse()
        .map(({ _id, _index, _source }) => ({ _id: _id ?? '', _index, source: _source ?? {} })),
    }
  }

  /** `green`, `yellow` or `red`. */
  async health(signal: AbortSignal): Promise<string> {
    return (await this.#ask(() => this.#client.cluster.health({}, { signal }))).status.toLowerCase()
  }

  /** The data streams of logs with their documents, by name. */
  async dataStreams(signal: AbortSignal): Promise<DataStreamCount[]> {
    // NOTE: not `_data_stream`, which the small distribution of the local stack does not have.
    const { data_streams: streams } = await this.#ask(() =>
      this.#client.indices.resolveIndex({ name: 'logs-*', expand_wildcards: 'all' }, { signal }),
    )
    if (streams.length === 0) return []
    const stats = await this.#ask(() =>
      this.#client.indices.stats({ index: 'logs-*', metric: 'docs', expand_wildcards: 'all' }, { signal }),
    )
    const documents = (index: string): number => stats.indices?.[index]?.primaries?.docs?.count ?? 0
    return streams
      .map(({ name, backing_indices: backing }) => {
        const indices = typeof backing === 'string' ? [backing] : backing
        return { name, documents: indices.reduce((sum, index) => sum + documents(index), 0) }
      })
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  async #ask<T>(question: () => Promise<T>, own: (error: unknown) => LogpipeError | null = () => null): Promise<T> {
    try {
      return await question()
    } catch (error) {
      throw own(error) ?? elasticsearchError(error, this.#settings)
    }
  }
}

function filters({ text, range, host, path }: LineQuery): estypes.QueryDslQueryContainer[] {
  const found: estypes.QueryDslQueryContainer[] = []
  if (text !== undefined) {
    found.push({ query_string: { query: text, default_field: 'message', default_operator: 'AND', lenient: true } })
  }
  if (range.from !== undefined || range.to !== undefined) {
    const { from: gte, to: lte } = range
    const bounds = { ...(gte !== undefined && { gte }), ...(lte !== undefined && { lte }), format: 'epoch_millis' }
    found.push({ range: { '@timestamp': bounds } })
  }
  if (host !== undefined) found.push({ term: { 'host.name': host } })
  if (path !== undefined) {
    found.push(
      path.includes('*') ? { wildcard: { 'log.file.path': { value: path } } } : { term: { 'log.file.path': path } },
    )
  }
  return found
}

/** A query that Elasticsearch cannot parse is bad usage, and the way out is worth a sentence. */
function queryError(error: unknown, text: string | undefined): LogpipeError | null {
  if (text === undefined || !(error instanceof errors.ResponseError) || error.statusCode !== 400) return null
  const reason = reasonOf(error).split('\n')[0]
  const way =
    'Put text that holds + - = & | > < ! ( ) { } [ ] ^ " ~ * ? : \\ / into double quotes to search it as it stands'
  return new LogpipeError('settings_invalid', `The query ${text} is not understood: ${reason}. ${way}.`, {
    cause: error,
  })
}

/** What `--dataset` names, as a part of index names. Throws `settings_invalid` where it would name other indices. */
export function datasetPart(dataset: string): string {
  // Anything else would name other indices than those of this dataset: a comma, a minus in front, a slash.
  if (/^[^\s,"\\<|>/?#:-][^\s,"\\<|>/?#:-]*$/.test(dataset)) return dataset
  throw new LogpipeError(
    'settings_invalid',
    `--dataset is '${dataset}': a dataset is one word without - , / or quotes.`,
  )
}

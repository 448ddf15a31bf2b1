import { LogpipeError } from '@logpipe/runtime'
import type { FoundId, Lookup } from '../lookup.ts'
import { errorReason } from './bulk.ts'
import type { ElasticsearchClient, ElasticsearchRequest } from './client.ts'
import type { IndexFamily } from './index-family.ts'
import { untilBulksAreDone } from './running-bulks.ts'

/** A request line holds 4,096 bytes, and the rest of ours takes some 250 of them. Each byte of a name that is not ASCII takes three. */
const namesBytesAtOnce = 3_500
const idsAtOnce = 2_500
/** As many hits as Elasticsearch gives at once: four copies of each id. */
const maxHits = 10_000

interface Resolved {
  indices: { name: string }[]
  aliases: { name: string; indices: string[] | string }[]
  data_streams: { name: string; backing_indices: string[] | string }[]
}

interface SearchAnswer {
  timed_out: boolean
  _shards: { failed: number }
  hits?: { hits?: { _id: string; _index: string }[] }
}

/** Where the documents of one target stand. */
interface Group {
  /** The data stream, or the family's wildcard. */
  expression: string
  family: IndexFamily | null
}

/**
 * Looks ids up by a search over the data stream, after the bulks under way are done and a refresh made them visible. A search
 * asks all backing indices at once and answers only what is there; a realtime `_mget` of each id in each index costs three
 * to five times as much (measured: 5,000 ids not there, 4 indices: 12–28 against 42–105 ms).
 */
export class ElasticsearchLookup implements Lookup {
  readonly #client: ElasticsearchClient
  readonly #families: readonly IndexFamily[]
  /** All bulks sent before this moment are carried out. */
  #settled = -1

  constructor(client: ElasticsearchClient, families: readonly IndexFamily[] = []) {
    this.#client = client
    this.#families = families
  }

  async indices(targets: Iterable<string>, signal: AbortSignal): Promise<Map<string, readonly string[]>> {
    const found = new Map<string, readonly string[]>()
    for (const part of addresses(targets, (target) => this.#listedAs(target))) {
      // With a wildcard, a name that does not exist is no error; what else it matches is left out below.
      const names = new Set(part.map((target) => this.#listedAs(target)))
      const resolved = (await this.#ask({ method: 'GET', path: `/_resolve/index/${join(names)}` }, signal)) as Resolved
      for (const target of part) found.set(target, this.#indicesOf(target, resolved))
    }
    return found
  }

  async find(
    targets: Iterable<string>,
    ids: readonly string[],
    since: number,
    signal: AbortSignal,
  ): Promise<FoundId[]> {
    const found: FoundId[] = []
    await this.#untilSettled(since, signal)
    const expressions = new Set([...targets].map((target) => this.#groupOf(target).expression))
    for (const part of addresses(expressions, (expression) => expression)) {
      const path = `/${join(part)}`
      const refreshed = await this.#ask({ method: 'POST', path: `${path}/_refresh`, query: whereThere }, signal)
      if ((refreshed as SearchAnswer)._shards?.failed !== 0) throw unknown('a refresh left shards out')
      for (const some of parts(ids, idsAtOnce)) found.push(...(await this.#search(path, some, signal)))
    }
    return found
  }

  async remove(documents: readonly FoundId[], signal: AbortSignal): Promise<void> {
    const lines = documents.map(({ index, id }) => `${JSON.stringify({ delete: { _index: index, _id: id } })}\n`)
    const body = Buffer.from(lines.join(''))
    const contentType = 'application/x-ndjson'
    const query = { filter_path: 'errors,items.*.error', refresh: 'true' }
    const answer = (await this.#ask({ method: 'POST', path: '/_bulk', query, body, contentType }, signal)) as {
      errors: boolean
      items?: { delete?: { error?: { reason?: string } } }[]
    }
    const reason = answer.items?.find((item) => item.delete?.error !== undefined)?.delete?.error?.reason
    if (answer.errors) throw new LogpipeError('elasticsearch_rejected', `Elasticsearch removes no document: ${reason}`)
  }

  /** What was sent before `since` is carried out. Waited for once: whoever asks for an earlier moment finds it done. */
  async #untilSettled(since: number, signal: AbortSignal): Promise<void> {
    if (this.#settled > since) return
    const begun = performance.now()
    await untilBulksAreDone((s) => this.#runningBulks(s), signal)
    this.#settled = Math.max(this.#settled, begun)
  }

  async #runningBulks(signal: AbortSignal): Promise<ReadonlySet<string> | null> {
    const query = { actions: 'indices:data/write/bulk*', filter_path: 'nodes.*.tasks.*.id' }
    const { status, body } = await this.#client.request({ method: 'GET', path: '/_tasks', query }, signal)
    if (status >= 500 || status === 429) throw unknown(`GET /_tasks was answered with ${status}`)
    if (status !== 200) return null
    const { nodes = {} } = parse(body, 'GET /_tasks') as { nodes?: Record<string, { tasks?: object }> }
    return new Set(Object.values(nodes).flatMap(({ tasks }) => Object.keys(tasks ?? {})))
  }

  async #search(path: string, ids: readonly string[], signal: AbortSignal): Promise<FoundId[]> {
    const query = {
      ...whereThere,
      allow_partial_search_results: 'false',
      filter_path: 'timed_out,_shards.failed,hits.hits._id,hits.hits._index',
    }
    const search = { size: maxHits, query: { ids: { values: ids } }, _source: false, track_total_hits: false }
    const body = Buffer.from(JSON.stringify({ ...search, sort: ['_doc'] }))
    const answer = (await this.#ask({ method: 'POST', path: `${path}/_search`, query, body }, signal)) as SearchAnswer
    if (answer.timed_out !== false || answer._shards?.failed !== 0) throw unknown('a search left shards out')
    const hits = answer.hits?.hits ?? []
    if (hits.length < maxHits || ids.length === 1) return hits.map(({ _id, _index }) => ({ id: _id, index: _index }))
    const middle = Math.ceil(ids.length / 2)
    const first = await this.#search(path, ids.slice(0, middle), signal)
    return [...first, ...(await this.#search(path, ids.slice(middle), signal))]
  }

  async #ask(request: ElasticsearchRequest, signal: AbortSignal): Promise<unknown> {
    const { status, body } = await this.#client.request(request, signal)
    const { method, path } = request
    if (status !== 200) {
      const reason = errorReason(body)
      const advice = status === 401 || status === 403 ? `. ${rightsNeeded}` : ''
      throw unknown(`${method} ${path} was answered with ${status}${reason === null ? '' : ` (${reason})`}${advice}`)
    }
    return parse(body, `${method} ${path}`)
  }

  #listedAs(target: string): string {
    return this.#groupOf(target).family?.wildcard ?? `${target}*`
  }

  #groupOf(target: string): Group {
    const family = this.#families.find((candidate) => candidate.holds(target)) ?? null
    return { expression: family?.wildcard ?? target, family }
  }

  #indicesOf(target: string, resolved: Resolved): readonly string[] {
    const { family } = this.#groupOf(target)
    if (family === null) {
      return listOf(resolved.data_streams?.find(({ name }) => name === target)?.backing_indices)
    }
    const there = (resolved.indices ?? []).map(({ name }) => name).filter((name) => family.holds(name))
    // One that ILM rolls over is an alias of indices with names of their own.
    const aliases = (resolved.aliases ?? []).filter(({ name }) => family.holds(name))
    const behind = aliases.flatMap(({ indices }) => listOf(indices))
    // The item's own one counts where it does not exist yet: its copy would stand in another.
    const own = aliases.some(({ name }) => name === target) ? [] : [target]
    return [...new Set([...there, ...behind, ...own])].sort()
  }
}

/** One alone is not always written as a list. */
function listOf(names: string[] | string | undefined): readonly string[] {
  return typeof names === 'string' ? [names] : (names ?? [])
}

const rightsNeeded =
  'To look up what may have been written before, the rights read, view_index_metadata and maintenance are needed, or set ' +
  '`elasticsearch.lookUpSuspects: false`'

const whereThere = { ignore_unavailable: 'true', allow_no_indices: 'true' }

function join(names: Iterable<string>): string {
  return [...names].map((name) => encodeURIComponent(name).replaceAll('%2A', '*')).join(',')
}

/** The `names`, in parts that one address each has room for. */
function* addresses(names: Iterable<string>, writtenAs: (name: string) => string): Generator<readonly string[]> {
  let part: string[] = []
  let bytes = 0
  for (const name of names) {
    const length = join([writtenAs(name)]).length + 1
    if (bytes + length > namesBytesAtOnce && part.length > 0) {
      yield part
      part = []
      bytes = 0
    }
    part.push(name)
    bytes += length
  }
  if (part.length > 0) yield part
}

function* parts<T>(list: readonly T[], size: number): Generator<readonly T[]> {
  for (let from = 0; from < list.length; from += size) yield list.slice(from, from + size)
}

function parse(body: Buffer, question: string): unknown {
  try {
    return JSON.parse(body.toString('utf8'))
  } catch (error) {
    throw unknown(`the answer to ${question} is no JSON`, error)
  }
}

function unknown(what: string, cause?: unknown): LogpipeError {
  const message = `Suspects could not be looked up: ${what}`
  return new LogpipeError('elasticsearch_unavailable', message, { retriable: true, cause })
}

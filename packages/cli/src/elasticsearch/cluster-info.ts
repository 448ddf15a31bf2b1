import { type Client, errors } from '@elastic/elasticsearch'
import type { ElasticsearchSettings } from '../settings.ts'
import { connect, elasticsearchError } from './client.ts'

export interface NodeDisk {
  node: string
  totalBytes: number
  freeBytes: number
  /** The node's clock when it was asked. */
  clockMs: number
}

/** From which fill on Elasticsearch writes no more to a node; `95%` or `500mb`, as it is set. */
export interface Watermarks {
  low: string
  high: string
  flood: string
  /** The most room that a mark in per cent wants on a large disk, from 8.5 on; `-1`, or absent, where there is no such bound. */
  headroom?: { low?: string; high?: string; flood?: string }
}

/** An index template, as far as it tells whose it is; null: there is none. */
export type TemplateInfo = { version: number; managedBy: string | null } | null

/** Rights by name: whether we have them. Null: this server does not know of users. */
export type Privileges = Record<string, boolean> | null

/** What an Elasticsearch cluster tells of itself. Rejects with sentences. One owner; close it. */
export class ClusterInfo {
  readonly #settings: ElasticsearchSettings
  readonly #client: Client

  constructor(settings: ElasticsearchSettings, timeoutMs: number) {
    this.#settings = settings
    this.#client = connect(settings, timeoutMs)
  }

  /** `green`, `yellow` or `red`, and how many shards are nowhere. */
  async health(signal: AbortSignal): Promise<{ status: string; unassigned: number }> {
    const { status, unassigned_shards: unassigned } = await this.#ask(() => this.#client.cluster.health({}, { signal }))
    return { status: status.toLowerCase(), unassigned }
  }

  /** The versions of its nodes, each once. */
  async versions(signal: AbortSignal): Promise<string[]> {
    const { nodes } = await this.#ask(() => this.#client.nodes.info({ filter_path: 'nodes.*.version' }, { signal }))
    return [...new Set(Object.values(nodes).map(({ version }) => version))].toSorted()
  }

  async disks(signal: AbortSignal): Promise<NodeDisk[]> {
    const { nodes } = await this.#ask(() => this.#client.nodes.stats({ metric: 'fs' }, { signal }))
    return Object.entries(nodes).map(([id, { name = id, fs, timestamp = Number.NaN }]) => ({
      node: name,
      totalBytes: fs?.total?.total_in_bytes ?? 0,
      freeBytes: fs?.total?.available_in_bytes ?? 0,
      clockMs: timestamp,
    }))
  }

  async watermarks(signal: AbortSignal): Promise<Watermarks> {
    const path = '*.cluster.routing.allocation.disk.watermark'
    const given = await this.#ask(() =>
      this.#client.cluster.getSettings({ include_defaults: true, filter_path: path }, { signal }),
    )
    const layers = [given.transient, given.persistent, given.defaults].map(watermarkOf)
    const value = (name: string, usual: string): string => {
      const found = layers.find((layer) => typeof layer[name] === 'string')?.[name]
      return typeof found === 'string' ? found : usual
    }
    const room = (name: string): string => value(`${name}.max_headroom`, '-1')
    return {
      low: value('low', '85%'),
      high: value('high', '90%'),
      flood: value('flood_stage', '95%'),
      headroom: { low: room('low'), high: room('high'), flood: room('flood_stage') },
    }
  }

  /** Indices that were closed for writing because a disk was full. */
  async blockedIndices(signal: AbortSignal): Promise<string[]> {
    const name = 'index.blocks.read_only_allow_delete'
    const found = await this.#ask(() =>
      this.#client.indices.getSettings({ index: '*', name, flat_settings: true }, { signal }),
    )
    return Object.entries(found).flatMap(([index, { settings }]) =>
      String((settings as Record<string, unknown> | undefined)?.[name]) === 'true' ? [index] : [],
    )
  }

  async template(name: string, signal: AbortSignal): Promise<TemplateInfo> {
    const { index_templates: found } = await this.#ask(
      () => this.#client.indices.getIndexTemplate({ name }, { signal }),
      { index_templates: [] },
    )
    const template = found[0]?.index_template
    if (template === undefined) return null
    const managedBy = (template._meta as { managed_by?: unknown } | undefined)?.managed_by
    return { version: template.version ?? 0, managedBy: typeof managedBy === 'string' ? managedBy : null }
  }

  /** Which of these rights we have on the cluster and on indices of this name. */
  async privileges(
    { cluster, index, names }: { cluster: readonly string[]; index: readonly string[]; names: string },
    signal: AbortSignal,
  ): Promise<Privileges> {
    const body = { cluster: [...cluster], index: [{ names: [names], privileges: [...index] }] }
    try {
      const answer = await this.#client.security.hasPrivileges(body, { signal })
      return { ...answer.cluster, ...answer.index[names] }
    } catch (error) {
      // Without its security features a server has no such question.
      const isUnknown = error instanceof errors.ResponseError && [400, 404, 405, 500].includes(error.statusCode ?? 0)
      if (isUnknown) return null
      throw elasticsearchError(error, this.#settings)
    }
  }

  async close(): Promise<void> {
    await this.#client.close()
  }

  /** `missing` stands for a 404, where it is given. */
  async #ask<T>(question: () => Promise<T>, missing?: T): Promise<T> {
    try {
      return await question()
    } catch (error) {
      if (missing !== undefined && error instanceof errors.ResponseError && error.statusCode === 404) return missing
      throw elasticsearchError(error, this.#settings)
    }
  }
}

function watermarkOf(layer: unknown): Record<string, unknown> {
  let node = layer
  for (const name of ['cluster', 'routing', 'allocation', 'disk', 'watermark']) {
    node = typeof node === 'object' && node !== null ? (node as Record<string, unknown>)[name] : undefined
  }
  return typeof node === 'object' && node !== null ? flat(node as Record<string, unknown>) : {}
}

/** Elasticsearch writes `high.max_headroom` as one name where `high` has a value beside it, else as one in the other. */
function flat(layer: Record<string, unknown>): Record<string, unknown> {
  const inner = Object.entries(layer).flatMap(([name, value]) =>
    typeof value === 'object' && value !== null
      ? Object.entries(value).map(([below, each]): [string, unknown] => [`${name}.${below}`, each])
      : [],
  )
  return { ...layer, ...Object.fromEntries(inner) }
}

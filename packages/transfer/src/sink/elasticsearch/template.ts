import type { IndexFamily } from './index-family.ts'

/** Raised with every change of the templates, so that `setup` knows an older one of ours. */
export const templateVersion = 4

/** What a server may lack, each with what is used instead, in the order in which it is done without. */
export const optionalFeatures = ['match_only_text', 'ignore_dynamic_beyond_limit', 'lifecycle'] as const
export type Feature = (typeof optionalFeatures)[number]

/** What it means for the user that a server lacks a feature. */
export const withoutFeature: Record<Feature, string> = {
  match_only_text: '`message` is mapped as `text`, which takes more disk',
  ignore_dynamic_beyond_limit:
    'a document with more than 1,000 distinct fields is refused and goes to the dead letters',
  lifecycle: 'data streams are neither rolled over nor cleared by themselves, whatever the retention; set up ILM',
}

const keyword = { type: 'keyword', ignore_above: 1_024 }

/** An index template of ours, before it is known what the server takes. */
export interface Template {
  readonly name: string
  /** What it covers, for people. */
  readonly covers: string
  /** What of our settings it was made from. One that was made from other settings is put anew. */
  readonly madeFrom: Readonly<Record<string, string | null>>
  /** The next one is for a server where a template that overlaps with this one has the first; most have one only. */
  readonly priorities: readonly number[]
  /** `madeFor`: the version of the server; null where it is not known. `priority`: the first one, where none is given. */
  body(features: ReadonlySet<Feature>, madeFor?: string | null, priority?: number): object
}

/**
 * Priority 150: above Elasticsearch's built-in `logs` (100), below the templates of Elastic's integrations (200), which keep their own
 * streams.
 */
const streamPriorities = [150]
/**
 * Where a family fits our streams as well, theirs counts. Of two families whose wildcards overlap (`app-*`, `app-errors-*`) one goes below the
 * other; it does not matter which, as the mapping is the same.
 */
const familyPriorities = Array.from({ length: 30 }, (_, step) => 140 - step)

/** Name of the index template that `setup` installs for data streams `<type>-*-*`. */
export function templateName(streamType: string): string {
  return `logpipe-${streamType}`
}

/**
 * The index template for our data streams. `retention`: how long documents are kept; null: for ever. `lingering`: an earlier one that streams could not be
 * rid of yet.
 */
export function streamTemplate(
  streamType: string,
  retention: string | null,
  lingering: string | null = null,
): Template {
  const covers = `${streamType}-*-*`
  const madeFrom = { retention, lingering }
  return {
    name: templateName(streamType),
    covers,
    madeFrom,
    priorities: streamPriorities,
    body: (features, madeFor = null, priority = streamPriorities[0]) => ({
      index_patterns: [covers],
      priority,
      data_stream: {},
      ...common(madeFrom, features, madeFor),
      template: {
        settings: settings(features),
        mappings: mappings(features),
        ...(features.has('lifecycle') ? { lifecycle: retention === null ? {} : { data_retention: retention } } : {}),
      },
    }),
  }
}

/** The index template for the indices of a dated family: the same mapping, without a lifecycle, which data streams alone have. */
export function familyTemplate({ wildcard }: IndexFamily): Template {
  return {
    name: `logpipe-${wildcard.replaceAll('*', 'x')}`,
    covers: wildcard,
    madeFrom: {},
    priorities: familyPriorities,
    body: (features, madeFor = null, priority = familyPriorities[0]) => ({
      index_patterns: [wildcard],
      priority,
      ...common({}, features, madeFor),
      template: { settings: settings(features), mappings: mappings(features) },
    }),
  }
}

/** What was left out is written down, so that it is said again as long as it holds, and tried again with another version of the server. */
function common(madeFrom: Template['madeFrom'], features: ReadonlySet<Feature>, madeFor: string | null): object {
  const meta = {
    managed_by: 'logpipe',
    description: 'Log lines collected by logpipe',
    made_from: madeFrom,
    // NOTE: with a null in here Elasticsearch makes no data stream of the template any more (a null pointer, for ever).
    ...(madeFor === null ? {} : { made_for: madeFor }),
    left_out: optionalFeatures.filter((feature) => !features.has(feature)),
  }
  return { version: templateVersion, _meta: meta }
}

function settings(features: ReadonlySet<Feature>): object {
  return {
    // A line is searchable within a second; one node is green without a replica, more nodes get one.
    'index.refresh_interval': '1s',
    'index.auto_expand_replicas': '0-1',
    'index.mapping.ignore_malformed': true,
    'index.mapping.total_fields.limit': 1_000,
    ...(features.has('ignore_dynamic_beyond_limit')
      ? { 'index.mapping.total_fields.ignore_dynamic_beyond_limit': true }
      : {}),
  }
}

/**
 * What stands in every document, is hardly ever searched for by itself, and would cost some percent of the server's time of indexing
 * (docs/design/transfer.md): found by its doc values, as 8.1 and later can. A server that takes this feature (8.14) is one of those.
 */
function mappings(features: ReadonlySet<Feature>): object {
  const byDocValues = features.has('ignore_dynamic_beyond_limit') ? { index: false } : {}
  const constant = { ...keyword, ...byDocValues }
  const time = { type: 'date', ...byDocValues }
  return {
    date_detection: false,
    dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: keyword } }],
    properties: {
      '@timestamp': { type: 'date' },
      message: features.has('match_only_text') ? { type: 'match_only_text' } : { type: 'text', norms: false },
      tags: keyword,
      labels: { type: 'object', dynamic: true },
      host: { properties: { name: keyword, ip: { type: 'ip' } } },
      log: { properties: { offset: { type: 'long', ...byDocValues }, file: { properties: { path: keyword } } } },
      event: { properties: { created: time, ingested: time, dataset: keyword } },
      data_stream: { properties: { type: constant, dataset: constant, namespace: constant } },
    },
  }
}

/** Name of the index template that `setup` installs for data streams `<type>-*-*`. */
export function templateName(streamType: string): string {
  return `logpipe-${streamType}`
}
/** Raised with every change of the template, so that `setup` knows an older one of ours. */
export const templateVersion = 1

/** What a server may lack, each with what is used instead, in the order in which it is done without. */
export const optionalFeatures = ['match_only_text', 'ignore_dynamic_beyond_limit', 'lifecycle'] as const
export type Feature = (typeof optionalFeatures)[number]

/** What it means for the user that a server lacks a feature. */
export const withoutFeature: Record<Feature, string> = {
  match_only_text: '`message` is mapped as `text`, which takes more disk',
  ignore_dynamic_beyond_limit:
    'a document with more than 1,000 distinct fields is refused and goes to the dead letters',
  lifecycle: 'data streams are not rolled over by themselves; set up ILM or another rotation',
}

const keyword = { type: 'keyword', ignore_above: 1_024 }

/**
 * The index template for our data streams. Priority 150: above Elasticsearch's built-in `logs` (100), below the templates of
 * Elastic's integrations (200), which keep their own streams.
 */
export function indexTemplate(streamType: string, features: ReadonlySet<Feature>): object {
  return {
    index_patterns: [`${streamType}-*-*`],
    priority: 150,
    version: templateVersion,
    data_stream: {},
    _meta: { managed_by: 'logpipe', description: 'Log lines collected by logpipe' },
    template: {
      settings: settings(features),
      mappings: mappings(features),
      ...(features.has('lifecycle') ? { lifecycle: {} } : {}),
    },
  }
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

function mappings(features: ReadonlySet<Feature>): object {
  return {
    date_detection: false,
    dynamic_templates: [{ strings: { match_mapping_type: 'string', mapping: keyword } }],
    properties: {
      '@timestamp': { type: 'date' },
      message: features.has('match_only_text') ? { type: 'match_only_text' } : { type: 'text', norms: false },
      tags: keyword,
      labels: { type: 'object', dynamic: true },
      host: { properties: { name: keyword, ip: { type: 'ip' } } },
      log: { properties: { offset: { type: 'long' }, file: { properties: { path: keyword } } } },
      event: { properties: { created: { type: 'date' }, ingested: { type: 'date' }, dataset: keyword } },
      data_stream: { properties: { type: keyword, dataset: keyword, namespace: keyword } },
    },
  }
}

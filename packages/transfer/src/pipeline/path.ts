/** What a path means to a document; most are plain fields. */
export type PathKind = 'field' | 'text' | 'message' | 'timestamp' | 'tags' | 'section'

export interface Path {
  readonly kind: PathKind
  /** The names from the top of the document down to where a value is put. */
  readonly parts: readonly string[]
  /** The names as they were given: where a value is read that the record brought with it. */
  readonly given: readonly string[]
  /** A section, which must stay an object: where a value that is none goes. */
  readonly scalarHome: string
}

/** Where fields go whose names cannot stand where they stood: those that logpipe writes, those that Elasticsearch keeps to itself. */
const originals = 'original'

/** Written by logpipe: ids, streams and times of documents hang on them. */
const ours = new Set(['data_stream', 'event.created', 'event.ingested', 'event.dataset', 'log.offset', 'log.file.path'])

/** A text in documents of ours: an object there would be refused by the mapping, or make one that refuses ours. */
const texts = new Set(['host.name', 'host.ip', 'error.message'])

/** Elasticsearch's metadata: it refuses documents that have a field of such a name at the top. */
const metadata = new Set(
  [
    'id',
    'index',
    'source',
    'type',
    'routing',
    'ignored',
    'ignored_source',
    'field_names',
    'doc_count',
    'seq_no',
    'version',
  ]
    .concat([
      'primary_term',
      'size',
      'tier',
      'nested_path',
      'data_stream_timestamp',
      'tsid',
      'feature',
      'inference_fields',
    ])
    .concat([
      'recovery_source',
      'ts_routing_hash',
      'field_usage',
      'index_mode',
      'slice',
      'uid',
      'parent',
      'timestamp',
      'ttl',
      'all',
    ])
    .map((name) => `_${name}`),
)

/** Objects in every document of ours: a text there would be refused by the mapping. */
const scalarHomes = new Map([
  ['host', 'host.name'],
  ['error', 'error.message'],
  ...['event', 'log', 'log.file', 'labels', 'agent', originals].map((name): [string, string] => [
    name,
    `${originals}.${name}`,
  ]),
])

/** Names that other producers send may be without number; those of pipelines are few and come again with every line. */
const maxKept = 2_048
const maxKeptLength = 256
const kept = new Map<string, Path>()

/**
 * The name of a label without dots, as ECS has it: `app.kubernetes.io/name` beside `app` would need an object and a text in one place, and Elasticsearch
 * would refuse the lines of whichever comes second.
 */
export function flatLabel(parts: readonly string[]): string {
  return parts.join('_')
}

/** The parts of a dotted path. Never fails: what cannot be a name of a field is turned into one. */
export function pathOf(path: string): Path {
  let found = kept.get(path)
  if (found === undefined) {
    found = parse(path)
    if (path.length > maxKeptLength) return found
    if (kept.size >= maxKept) kept.clear()
    kept.set(path, found)
  }
  return found
}

function parse(path: string): Path {
  const names = path.split('.').map(nameOf)
  const isLabel = names[0] === 'labels' && names.length > 1
  const given = isLabel ? ['labels', flatLabel(names.slice(1))] : names
  const name = given.join('.')
  if (name === 'message') return { kind: 'message', parts: given, given, scalarHome: '' }
  if (name === 'tags') return { kind: 'tags', parts: given, given, scalarHome: '' }
  if (name === '@timestamp') return { kind: 'timestamp', parts: [originals, name], given, scalarHome: '' }
  const scalarHome = scalarHomes.get(name)
  if (scalarHome !== undefined) return { kind: 'section', parts: given, given, scalarHome }
  if (isLabel || texts.has(name)) return { kind: 'text', parts: given, given, scalarHome: '' }
  return { kind: 'field', parts: isTaken(given) ? [originals, ...given] : given, given, scalarHome: '' }
}

/** Whether the place itself, or one above it, is none that a pipeline may write to. */
function isTaken(parts: readonly string[]): boolean {
  const [first = ''] = parts
  if (metadata.has(first)) return true
  // A name below one of these (`message.text`) would need an object where there is none.
  if (first === 'message' || first === 'tags' || first === '@timestamp') return true
  if (parts.length > 2 && texts.has(parts.slice(0, 2).join('.'))) return true
  return parts.slice(0, 3).some((_, index) => ours.has(parts.slice(0, index + 1).join('.')))
}

// oxlint-disable-next-line no-control-regex -- those are blanks to Java
const javaBlank = /^[\s\u001c-\u001f]*$/

/** Elasticsearch takes no empty and no blank name; `__proto__` would not become a field of an object. */
function nameOf(part: string): string {
  const name = part.trim()
  return javaBlank.test(name) ? '_' : name === '__proto__' ? '_proto_' : name
}

/** One line of a file of saved objects, as Kibana exports and imports them. */
export interface SavedObject {
  type: 'index-pattern' | 'search' | 'visualization' | 'dashboard'
  id: string
  attributes: Record<string, unknown>
  references: { type: string; id: string; name: string }[]
  coreMigrationVersion: string
  typeMigrationVersion: string
}

const dataViewId = 'logpipe-logs'
const searchId = 'logpipe-lines'
const source = 'kibanaSavedObjectMeta.searchSourceJSON.index'
const everything = { query: { query: '', language: 'kuery' }, filter: [] }

/** The forms in which Kibana 8.9 keeps its objects; newer ones bring them up to date as they import them. */
const formats = { 'index-pattern': '8.0.0', search: '8.0.0', visualization: '8.5.0', dashboard: '8.9.0' }

/** Data view, search and dashboard for these data streams or indices (comma-separated patterns). Ids are fixed. */
export function savedObjects(indices: string): SavedObject[] {
  return [dataView(indices), lines(), ...panels.map(({ visualization }) => visualization), dashboard()]
}

/** As a file: one JSON object a line. */
export function toNdjson(objects: readonly SavedObject[]): string {
  return objects.map((object) => `${JSON.stringify(object)}\n`).join('')
}

function saved(
  type: SavedObject['type'],
  id: string,
  attributes: Record<string, unknown>,
  references: SavedObject['references'] = [],
): SavedObject {
  return { type, id, attributes, references, coreMigrationVersion: '8.8.0', typeMigrationVersion: formats[type] }
}

function dataView(indices: string): SavedObject {
  return saved('index-pattern', dataViewId, { title: indices, name: 'Logs (logpipe)', timeFieldName: '@timestamp' })
}

/** Lines, newest first, as in a terminal. */
function lines(): SavedObject {
  return saved(
    'search',
    searchId,
    {
      title: 'Log lines (logpipe)',
      description: 'Lines with their host and file, newest first.',
      columns: ['host.name', 'log.file.path', 'message'],
      sort: [['@timestamp', 'desc']],
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ ...everything, indexRefName: source }) },
    },
    [{ type: 'index-pattern', id: dataViewId, name: source }],
  )
}

interface Bucket {
  type: 'terms' | 'date_histogram'
  schema: 'segment' | 'bucket' | 'group'
  params: Record<string, unknown>
}

function visualization(
  id: string,
  title: string,
  type: 'histogram' | 'table',
  buckets: readonly Bucket[],
): SavedObject {
  const count = { id: '1', enabled: true, type: 'count', schema: 'metric', params: {} }
  const aggs = [count, ...buckets.map((bucket, number) => ({ id: String(number + 2), enabled: true, ...bucket }))]
  const params = type === 'table' ? { perPage: 10, showTotal: false } : { type, addTooltip: true, addLegend: true }
  return saved(
    'visualization',
    id,
    {
      title,
      description: '',
      uiStateJSON: '{}',
      version: 1,
      visState: JSON.stringify({ title, type, aggs, params }),
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify({ ...everything, indexRefName: source }) },
    },
    [{ type: 'index-pattern', id: dataViewId, name: source }],
  )
}

function top(field: string, schema: Bucket['schema'], size: number): Bucket {
  return { type: 'terms', schema, params: { field, orderBy: '1', order: 'desc', size } }
}

const overTime: Bucket = {
  type: 'date_histogram',
  schema: 'segment',
  params: { field: '@timestamp', interval: 'auto', min_doc_count: 1, useNormalizedEsInterval: true },
}

const panels = [
  {
    visualization: visualization('logpipe-rate', 'Lines over time, by dataset', 'histogram', [
      overTime,
      top('event.dataset', 'group', 10),
    ]),
    grid: { x: 0, y: 0, w: 48, h: 12 },
  },
  {
    visualization: visualization('logpipe-hosts', 'Hosts with most lines', 'table', [top('host.name', 'bucket', 50)]),
    grid: { x: 0, y: 12, w: 16, h: 14 },
  },
  {
    visualization: visualization('logpipe-files', 'Files with most lines', 'table', [
      top('log.file.path', 'bucket', 50),
    ]),
    grid: { x: 16, y: 12, w: 16, h: 14 },
  },
  {
    visualization: visualization('logpipe-tags', 'Tags: what could not be parsed', 'table', [
      top('tags', 'bucket', 50),
    ]),
    grid: { x: 32, y: 12, w: 16, h: 14 },
  },
]

function dashboard(): SavedObject {
  const lists = { type: 'search', id: searchId, grid: { x: 0, y: 26, w: 48, h: 20 } }
  const shown = [...panels.map(({ visualization: { type, id }, grid }) => ({ type, id, grid })), lists]
  const panelsJSON = shown.map(({ type, grid }, number) => ({
    version: '8.9.0',
    type,
    gridData: { ...grid, i: String(number) },
    panelIndex: String(number),
    embeddableConfig: { enhancements: {} },
    panelRefName: `panel_${number}`,
  }))
  return saved(
    'dashboard',
    'logpipe-overview',
    {
      title: 'Logs (logpipe)',
      description: 'How much comes from where, and the lines themselves.',
      version: 1,
      timeRestore: false,
      optionsJSON: JSON.stringify({ useMargins: true, syncColors: false, hidePanelTitles: false }),
      panelsJSON: JSON.stringify(panelsJSON),
      kibanaSavedObjectMeta: { searchSourceJSON: JSON.stringify(everything) },
    },
    shown.map(({ type, id }, number) => ({ type, id, name: `${number}:panel_${number}` })),
  )
}

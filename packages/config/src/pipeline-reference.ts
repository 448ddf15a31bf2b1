import { jsonSchema, nodeAt, type SchemaNode } from './json-schema.ts'
import { processors } from './pipeline/processor.ts'
import { tableOf } from './reference.ts'

const ofAll = ['if', 'ignoreFailure']
const marked = /(<!-- options (\w+) -->\n)[^]*?(<!-- end -->)/g

/** docs/pipelines.md with the tables between its marks made anew from the schemas. */
export function fillPipelinesPage(page: string): string {
  return page.replaceAll(marked, (_, begin: string, name: string, end: string) => {
    return `${begin}\n${tableFor(name)}\n\n${end}`
  })
}

/** The names of the tables that the page must have. */
export const pipelineTables = ['pipeline', 'condition', 'common', ...Object.keys(processors)]

function tableFor(name: string): string {
  const root = jsonSchema('pipeline')
  switch (name) {
    case 'pipeline':
      return tableOf(withoutItems(root), 'key')
    case 'condition':
      return tableOf(root.$defs?.['condition'] ?? {}, 'key')
    case 'common':
      return tableOf(optionsOf('json'), 'option', Object.keys(optionsOf('json').properties ?? {}).filter(isOwn))
    default:
      return tableOf(optionsOf(name), 'option', name === 'drop' ? [] : ofAll)
  }
}

function isOwn(option: string): boolean {
  return !ofAll.includes(option)
}

function optionsOf(processor: string): SchemaNode {
  return nodeAt(jsonSchema('pipeline'), ['processors', 0, processor]) ?? {}
}

/** The processors have tables of their own. */
function withoutItems(node: SchemaNode): SchemaNode {
  const { processors: list, ...properties } = node.properties ?? {}
  return { ...node, properties: { processors: { ...list, items: { title: 'processors' } }, ...properties } }
}

import { jsonSchema, refName, type SchemaKind, type SchemaNode } from './json-schema.ts'
import { sampleEntries } from './entry/sample.ts'
import { environmentName } from './load/environment.ts'

/** Markdown rows `| path | type | default | description |` of every setting, made from the schema. */
export function settingsReference(kind: SchemaKind): string {
  return tableOf(jsonSchema(kind), 'setting')
}

/** Such a table of the keys of one node; without those that are named. */
export function tableOf(node: SchemaNode, heading: string, without: readonly string[] = []): string {
  const kept = Object.entries(node.properties ?? {}).filter(([name]) => !without.includes(name))
  const rows = rowsOf({ ...node, properties: Object.fromEntries(kept) }, '')
  return [`| ${heading} | type | default | what it does |`, '| --- | --- | --- | --- |', ...rows].join('\n')
}

/** The rows of the keys of `node`, each followed by those of its own keys; `name[].key` stands for those of a list's items. */
function rowsOf(node: SchemaNode, parent: string): string[] {
  const section = node.properties === undefined ? (node.anyOf?.find(({ properties }) => properties) ?? {}) : node
  return Object.entries(section.properties ?? {}).flatMap(([name, child]) => {
    const required = section.required?.includes(name) === true
    const cells = [`\`${parent}${name}\``, typeText(child), defaultText(child, required), child.description ?? '']
    const own = `| ${cells.map(cell).join(' | ')} |`
    // Entries have a table of their own.
    if (name === 'entries') return [own]
    return [own, ...rowsOf(child, `${parent}${name}.`), ...rowsOf(child.items ?? {}, `${parent}${name}[].`)]
  })
}

/** The whole of docs/config.md. */
export function settingsPage(): string {
  return `<!-- Made by scripts/config-reference.ts from the zod schemas in packages/config: change those, then run it. -->
# Settings

Every setting may stand in the file (\`--config\`), in the environment, or in a flag; the later wins. Files are YAML or JSON
(\`.yaml\`, \`.yml\`, \`.json\`) or INI (\`.ini\`, \`.conf\`, \`[section] key = value\`, lists as \`a,b\`). The variable of a setting
is its path in capitals: \`kafka.maxInFlightBytes\` of the agent is \`${environmentName('agent', ['kafka', 'maxInFlightBytes'])}\`, that of the transfer
\`${environmentName('transfer', ['maxInFlightBytes'])}\`. In variables and flags, lists are \`a,b\`, maps are \`k=v,k=v\`, and both may be JSON;
a variable with an empty value counts as not given. Times are milliseconds, sizes are bytes.

A setting that is unknown or wrong stops the start with exit code 2: every fault is told at once, with its path, its line
and the nearest valid name. \`logagent validate\` and \`logtransfer validate\` only check.

The older INI form of an agent is read too: \`[kafka] address, topic, chan_max_size\`, \`[taillog] path\`, \`[etcd] address\`
(\`chan_max_size\` counted messages; it becomes \`kafka.maxInFlightBytes\` at 1 KiB each). In INI files \`;\` and \`#\` begin a comment: a value that holds one stands in
quotes.

## logagent

${settingsReference('agent')}

### Collection entry

The items of \`entries\`, in the file and in etcd. The least is \`{ path: "/var/log/nginx/*.log", topic: web_log }\`. Sizes are bytes. Durations are a whole
number with its unit: \`500ms\`, \`90s\`, \`5m\`, \`24h\`, \`7d\`. A regex is one of
RE2 (as in Go and Filebeat; \`(?i)\` in front: upper and lower case alike). What could run away (back references, lookarounds) is refused by the agent, and with it
that entry alone. \`redact\` takes a plain regex for \`{ pattern }\`.

${settingsReference('entry')}

\`\`\`yaml
${sampleEntries}\`\`\`

## logtransfer

${settingsReference('transfer')}
`
}

function typeText(node: SchemaNode): string {
  if (node.title !== undefined) return node.title
  if (node.$ref !== undefined) return refName(node.$ref)
  if (node.enum !== undefined) return node.enum.map((value) => `\`${String(value)}\``).join(', ')
  if (node.const !== undefined) return `\`${String(node.const)}\``
  if (node.anyOf !== undefined) return [...new Set(node.anyOf.map(typeText))].join(' or ')
  switch (node.type) {
    case 'integer':
      return `whole number${range(node)}`
    case 'number':
      return 'number'
    case 'boolean':
      return 'true, false'
    case 'array':
      return node.items?.properties === undefined ? `list of ${typeText(node.items ?? {})}` : 'list of sections'
    case 'object':
      return node.properties === undefined ? 'map' : 'section'
    default:
      return 'text'
  }
}

function range({ minimum, maximum }: SchemaNode): string {
  return minimum === undefined || maximum === undefined ? '' : `, ${minimum} to ${maximum}`
}

function defaultText(node: SchemaNode, required: boolean): string {
  if (required) return '**required**'
  if (node.default === undefined || node.properties !== undefined) return ''
  const text = JSON.stringify(node.default)
  // Without its quotes where they are not needed to see what it is.
  return `\`${typeof node.default === 'string' && text === `"${node.default}"` ? node.default : text}\``
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'yaml'
import { sampleEntries } from './entry/sample.ts'
import { jsonSchema, nodeAt, type SchemaNode, settingPaths } from './json-schema.ts'
import { checkEntries, originAt } from './load/entries.ts'
import { fillPipelinesPage, pipelineTables } from './pipeline-reference.ts'
import { settingsPage, settingsReference } from './reference.ts'

const kinds = ['agent', 'transfer', 'entry'] as const

test('docs/config.md is up to date (run scripts/config-reference.ts)', () => {
  assert.equal(readFileSync(new URL('../../../docs/config.md', import.meta.url), 'utf8'), settingsPage())
})

test('docs/pipelines.md tells all options of all processors, as they are (run scripts/config-reference.ts)', () => {
  const page = readFileSync(new URL('../../../docs/pipelines.md', import.meta.url), 'utf8')
  assert.equal(page, fillPipelinesPage(page))
  for (const name of pipelineTables) assert.ok(page.includes(`<!-- options ${name} -->`), name)
})

test('every setting is described', () => {
  for (const kind of kinds) {
    const schema = jsonSchema(kind)
    for (const path of settingPaths(schema)) assert.ok(nodeAt(schema, path)?.description, `${kind} ${path.join('.')}`)
  }
})

test('a row tells path, type with its range, default and description', () => {
  const rows = settingsReference('agent').split('\n')
  assert.ok(
    rows.includes('| `kafka.lingerMs` | whole number, 0 to 60000 | `50` | How long a batch waits to become full. |'),
  )
  assert.ok(rows.some((row) => row.startsWith('| `kafka.brokers` | list of text | **required** |')))
  assert.ok(rows.some((row) => row.startsWith('| `kafka.replication` | `auto` or whole number, 1 to 32 | `auto` |')))
})

test('the JSON Schema refuses unknown keys in every section', () => {
  const closed = (node: SchemaNode, path: string): void => {
    if (node.properties === undefined) return
    assert.equal(node.additionalProperties, false, path)
    for (const [name, child] of Object.entries(node.properties)) closed(child, `${path}.${name}`)
  }
  for (const kind of kinds) closed(jsonSchema(kind), kind)
})

test('the sample entries are sound', () => {
  const { entries, faults } = checkEntries((parse(sampleEntries) as { entries: unknown }).entries, originAt('sample'))
  assert.deepEqual(faults, [])
  assert.equal(entries.length, 4)
  const [, java] = entries
  assert.match('2026-11-21 01:00:00', new RegExp(java?.multiline?.start ?? 'no pattern'))
  assert.match('token=abc', new RegExp(java?.redact[1]?.pattern ?? 'no pattern'))
})

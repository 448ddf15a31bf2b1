import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline, type PipelineInput } from '@logpipe/config'
import { Pipelines } from '../pipeline/pipelines.ts'
import { own, source, write } from '../test-document.ts'

test('a label with dots in its name can be read, and gives way to one that the pipeline sets', async () => {
  const fields = { 'app.kubernetes.io/name': 'shop', 'app.tier': 'web' }
  const processors: PipelineInput['processors'] = [
    { add: { fields: { 'service.name': '{labels.app.kubernetes.io/name}', 'labels.app.tier': 'back' } } },
    { add: { if: { field: 'labels.app.kubernetes.io/name', equals: 'shop' }, fields: { hit: true } } },
  ]
  const pipelines = new Pipelines({ app: Pipeline.parse({ processors }) })
  const record = own('x', 0, { ...source, pipeline: 'app', fields })
  const { items } = await write([record], { parsing: { pipelines, binary: 'deadLetter' } })
  const { labels, service, hit } = items[0]?.source ?? {}
  assert.deepEqual(labels, { 'app.kubernetes.io/name': 'shop', app: { tier: 'back' } })
  assert.deepEqual([service, hit], [{ name: 'shop' }, true])
})

test('labels of the record keep their form, so that no index refuses the lines behind: what would need another stands below original', async () => {
  const fields = { 'app.kubernetes.io/name': 'shop', 'app.tier': 'web', team: 'a', zone: 'b', rack: '1' }
  const pipelines = new Pipelines({ app: Pipeline.parse({ processors: [{ json: {} }] }) })
  const line = '{"labels":{"app":"cart","team":{"name":"x"},"zone":[{"a":1}],"rack":2,"new":{"x":1}}}'
  const record = own(line, 0, { ...source, pipeline: 'app', fields })
  const { items } = await write([record], { parsing: { pipelines, binary: 'deadLetter' } })
  const { labels, original, tags } = items[0]?.source ?? {}
  assert.deepEqual(labels, {
    'app.kubernetes.io/name': 'shop',
    'app.tier': 'web',
    team: 'a',
    zone: 'b',
    rack: '2',
    new: { x: 1 },
  })
  assert.deepEqual(original, { labels: { app: 'cart', team: { name: 'x' }, zone: [{ a: 1 }] } })
  assert.equal(tags, undefined)
})

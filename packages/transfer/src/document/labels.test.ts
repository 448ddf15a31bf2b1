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

test('a label of the record that would stand below one of the pipeline gets a name without dots: no index takes both', async () => {
  const fields = { 'app.kubernetes.io/name': 'shop', 'app.tier': 'web', team: 'a' }
  const pipelines = new Pipelines({ app: Pipeline.parse({ processors: [{ json: {} }] }) })
  const record = own('{"labels":{"app":"cart","team":null}}', 0, { ...source, pipeline: 'app', fields })
  const { items } = await write([record], { parsing: { pipelines, binary: 'deadLetter' } })
  assert.deepEqual(items[0]?.source['labels'], {
    'app_kubernetes_io/name': 'shop',
    app_tier: 'web',
    app: 'cart',
    team: null,
  })
})

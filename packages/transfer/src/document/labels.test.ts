import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline, type PipelineInput } from '@logpipe/config'
import { Pipelines } from '../pipeline/pipelines.ts'
import { own, source, write } from '../test-document.ts'

test('names of labels have no dots, so that one entry may have `app` and another `app.tier`; pipelines may write them with dots', async () => {
  const fields = { app: 'cart', 'app.kubernetes.io/name': 'shop', 'app.tier': 'web' }
  const processors: PipelineInput['processors'] = [
    { add: { fields: { 'service.name': '{labels.app.kubernetes.io/name}', 'labels.app.tier': 'back' } } },
    { add: { if: { field: 'labels.app.kubernetes.io/name', equals: 'shop' }, fields: { hit: true } } },
  ]
  const pipelines = new Pipelines({ app: Pipeline.parse({ processors }) })
  const [plain, parsed] = await Promise.all(
    [
      { ...source, fields },
      { ...source, pipeline: 'app', fields },
    ].map((from) => write([own('x', 0, from)], { parsing: { pipelines, binary: 'deadLetter' } })),
  )
  const flat = { app: 'cart', 'app_kubernetes_io/name': 'shop', app_tier: 'web' }
  assert.deepEqual(plain?.items[0]?.source['labels'], flat)
  const { labels, service, hit } = parsed?.items[0]?.source ?? {}
  assert.deepEqual(labels, { ...flat, app_tier: 'back' })
  assert.deepEqual([service, hit], [{ name: 'shop' }, true])
})

test('labels are texts, whatever a line says: an object would make a mapping that refuses the lines behind it, and stands below original', async () => {
  const fields = { 'app.kubernetes.io/name': 'shop', 'app.tier': 'web', team: 'a', zone: 'b', rack: '1', owner: 'x' }
  const pipelines = new Pipelines({ app: Pipeline.parse({ processors: [{ json: {} }] }) })
  const line =
    '{"labels":{"app":"cart","app.tier":true,"team":{"name":"x"},"zone":[{"a":1}],"rack":2,"new":{"x":1},"all":[1,"b"],"owner":null}}'
  const record = own(line, 0, { ...source, pipeline: 'app', fields })
  const { items } = await write([record], { parsing: { pipelines, binary: 'deadLetter' } })
  const { labels, original, tags } = items[0]?.source ?? {}
  assert.deepEqual(labels, {
    'app_kubernetes_io/name': 'shop',
    app_tier: 'true',
    team: 'a',
    zone: 'b',
    rack: '2',
    owner: 'x',
    app: 'cart',
    all: ['1', 'b'],
  })
  assert.deepEqual(original, { labels: { team: { name: 'x' }, zone: [{ a: 1 }], new: { x: 1 } } })
  assert.equal(tags, undefined)
})

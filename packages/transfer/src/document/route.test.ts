import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Route } from '@logpipe/config'
import { defaultsOf } from './route.ts'

const route = (topics: string[], more: Partial<Route> = {}): Route => ({ topics, sink: 'elasticsearch', ...more })

test('the first route that matches a topic decides all; without one the defaults hold', () => {
  const routes = [
    route(['web_*', '!web_debug'], { pipeline: 'nginx', dataset: 'nginx.access', namespace: 'prod' }),
    route(['*_debug'], { index: 'debug-{yyyy}' }),
    route(['web_debug'], { pipeline: 'never' }),
  ]
  const base = { type: 'logs', namespace: 'default' }
  assert.deepEqual(defaultsOf(routes, 'web_log', base), {
    type: 'logs',
    namespace: 'prod',
    dataset: 'nginx.access',
    pipeline: 'nginx',
  })
  assert.deepEqual(defaultsOf(routes, 'web_debug', base), { ...base, index: 'debug-{yyyy}' })
  assert.deepEqual(defaultsOf(routes, 'db_log', base), base)
})

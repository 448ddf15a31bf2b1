import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadSettings } from '@logpipe/config'
import { writeSettings } from './settings.ts'

test('what npm start writes is taken by agent and transfer, and leaves their own logs out', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'logpipe "start"-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { agentFile, transferFile } = writeSettings({
    folder,
    stackLogs: '/srv/logpipe/.local/logs',
    addresses: {
      kafka: { brokers: ['127.0.0.1:9092', '127.0.0.1:9094'] },
      etcd: { endpoints: ['http://127.0.0.1:2379'] },
      elasticsearch: { nodes: ['http://127.0.0.1:9200'] },
    },
    agentListen: '127.0.0.1:9600',
    transferListen: '127.0.0.1:9601',
    env: { npm_config_cache: '/home/eve/.npm' },
  })
  const agent = loadSettings('agent', { file: agentFile, env: {}, flags: {} })
  assert.ok(agent.ok)
  assert.deepEqual(
    agent.settings.entries.map(({ path, topic }) => [path, topic]),
    [
      ['/var/log/**/*.log', 'system_log'],
      ['/srv/logpipe/.local/logs/*.log', 'stack_log'],
      ['/home/eve/.npm/_logs/*.log', 'npm_log'],
    ],
  )
  for (const { exclude } of agent.settings.entries) assert.deepEqual(exclude, [`${folder}/**`])
  const transfer = loadSettings('transfer', { file: transferFile, env: {}, flags: {} })
  assert.ok(transfer.ok)
  assert.deepEqual(transfer.settings.kafka.topics, ['*_log'])
  // Else what `logctl pipelines put` changes would reach nobody.
  assert.deepEqual(transfer.settings.etcd?.endpoints, agent.settings.etcd?.endpoints)
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { loadSettings } from '@logpipe/config'
import { checkout } from '@logpipe/stack'
import { parse } from 'yaml'

interface Service {
  image?: string
  build?: { context: string; dockerfile: string }
  ports?: string[]
  volumes?: string[]
  depends_on?: Record<string, { condition: string }>
  healthcheck?: { test: string[] }
}

const file = join(checkout, 'docker-compose.yml')
const { services, volumes } = parse(await readFile(file, 'utf8')) as {
  services: Record<string, Service>
  volumes: Record<string, unknown>
}

test('docker compose takes the file, where there is a docker compose', () => {
  if (spawnSync('docker', ['compose', 'version']).status !== 0) return
  const { status, stderr } = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: checkout, encoding: 'utf8' })
  assert.equal(status, 0, stderr)
})

test('it has the servers and our programs', () => {
  assert.deepEqual(Object.keys(services).toSorted(), [
    'agent',
    'elasticsearch',
    'etcd',
    'influxdb',
    'kafka',
    'kibana',
    'transfer',
  ])
})

test('every port is published on loopback only', () => {
  for (const [name, { ports = [] }] of Object.entries(services)) {
    for (const port of ports) assert.match(port, /^127\.0\.0\.1:\d+:\d+$/, name)
  }
})

test('every service tells whether it is healthy, in the file or in its image', async () => {
  for (const [name, { healthcheck, build }] of Object.entries(services)) {
    const dockerfile = build ? await readFile(join(checkout, build.dockerfile), 'utf8') : ''
    assert.ok(healthcheck !== undefined || dockerfile.includes('\nHEALTHCHECK '), name)
  }
})

test('whoever is waited for exists, and is waited for until it is healthy', () => {
  for (const { depends_on: others = {} } of Object.values(services)) {
    for (const [name, { condition }] of Object.entries(others)) {
      assert.ok(services[name], name)
      assert.equal(condition, 'service_healthy')
    }
  }
})

test('every volume is declared, every file that is mounted or built from exists', () => {
  for (const { build, volumes: mounts = [] } of Object.values(services)) {
    if (build) assert.equal(existsSync(join(checkout, build.context, build.dockerfile)), true, build.dockerfile)
    for (const mount of mounts) {
      const source = mount.slice(0, mount.indexOf(':/'))
      if (source.startsWith('./')) assert.equal(existsSync(join(checkout, source)), true, source)
      else if (!/^(\/|\$\{HOME)/.test(source)) assert.ok(source in volumes, source)
    }
  }
})

test('agent and transfer follow the same etcd: what logctl changes there reaches both', () => {
  const endpoints = (['agent', 'transfer'] as const).map((kind) => {
    const file = join(checkout, 'deploy', 'docker', `${kind}.yaml`)
    const loaded = loadSettings(kind, { file, env: {}, flags: {} })
    assert.ok(loaded.ok)
    return loaded.settings.etcd?.endpoints
  })
  assert.deepEqual(endpoints, [['http://etcd:2379'], ['http://etcd:2379']])
  assert.ok(
    services['transfer']?.depends_on?.['etcd'] !== undefined,
    'without a copy of the pipelines it waits for etcd',
  )
})

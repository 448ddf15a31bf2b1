import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { test } from 'node:test'
import { closeAfter, type Scope } from '@logpipe/testkit'
import type { DoctorReport } from '../../commands/doctor.ts'
import { runLogctl } from '../../test-output.ts'

type Answers = Record<string, unknown>

/**
 * Stands in for an Elasticsearch that is in trouble, which the real one of the tests cannot be brought into (full disks, old nodes, users). `answers` by the
 * beginning of the path; all else is 404.
 */
async function sick(scope: Scope, answers: Answers): Promise<string> {
  const server = createServer((request, response) => {
    const key = Object.keys(answers).find((path) => request.url?.startsWith(path))
    const headers = { 'content-type': 'application/json', 'x-elastic-product': 'Elasticsearch' }
    response.writeHead(key === undefined ? 404 : 200, headers)
    request.resume()
    request.on('end', () => response.end(JSON.stringify(key === undefined ? { error: 'none' } : answers[key])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closeAfter(scope, () => {
    server.close()
    server.closeAllConnections()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const gib = 1_024 ** 3

function node(name: string, freeBytes: number, timestamp = Date.now()): Answers {
  return { name, timestamp, fs: { total: { total_in_bytes: 100 * gib, available_in_bytes: freeBytes } } }
}

const rights = { read: true, view_index_metadata: true, monitor: true }

test('full disks, closed indices, clocks, versions, a foreign template and missing rights are told', async (t) => {
  const url = await sick(t, {
    '/_cluster/health': { status: 'yellow', unassigned_shards: 7 },
    '/_cluster/settings': {
      transient: {},
      persistent: { cluster: { routing: { allocation: { disk: { watermark: { flood_stage: '97%' } } } } } },
      defaults: {
        cluster: { routing: { allocation: { disk: { watermark: { low: '85%', high: '90%', flood_stage: '95%' } } } } },
      },
    },
    '/_nodes/stats': {
      nodes: { a: node('a', 2 * gib), b: node('b', 4 * gib), c: node('c', 50 * gib, Date.now() - 3_600_000) },
    },
    '/_nodes': { nodes: { a: { version: '7.10.2' }, b: { version: '8.15.0' } } },
    '/*/_settings': {
      'logs-a': { settings: { 'index.blocks.read_only_allow_delete': 'true' } },
      'logs-b': { settings: {} },
    },
    '/_index_template': { index_templates: [{ index_template: { version: 9, _meta: {} } }] },
    '/_security/user/_has_privileges': {
      cluster: { monitor: true, manage_index_templates: false },
      // As for a role on our data streams alone: of a wider pattern Elasticsearch would say no to everything.
      index: { 'logs-*-*': { ...rights, create_doc: true, auto_configure: false, maintenance: true, delete: true } },
    },
  })
  const env = { LOGCTL_ELASTICSEARCH: url, LOGCTL_ELASTICSEARCH_USERNAME: 'ops', LOGCTL_ELASTICSEARCH_PASSWORD: 'x' }
  const { code, stdout } = await runLogctl(['doctor', '--json'], { env })
  assert.equal(code, 1)
  const { findings } = JSON.parse(stdout) as DoctorReport
  const told = findings.map(({ check, level, found }) => `${check} ${level}: ${found}`)
  for (const expected of [
    /^nodes warning: The cluster is yellow: 7 copies of shards are nowhere/,
    /^versions problem: There are nodes of version 7\.10\.2/,
    /^disks problem: Node a: 2\.0 GiB of 100 GiB are free; it is over the flood stage \(97%\)/,
    /^disks warning: Node b: 4\.0 GiB of 100 GiB are free; it is over the high watermark \(90%\)/,
    /^disks ok: Node c: 50\.0 GiB/,
    /^disks warning: The clock of node c is 36\d\d s behind ours/,
    /^disks problem: 1 indices take no more documents, since a disk was full: logs-a\./,
    /^template warning: The index template logpipe-logs is not ours/,
    /^rights warning: User ops has no right auto_configure .*; transfers need it/,
    /^rights warning: User ops has no right manage_index_templates .*; logtransfer setup needs it/,
  ]) {
    assert.ok(
      told.some((line) => expected.test(line)),
      `${expected}\n${told.join('\n')}`,
    )
  }
  assert.ok(!told.some((line) => /rights.*(read|monitor)/.test(line)))
})

test('a red cluster is a problem, no template a warning', async (t) => {
  const url = await sick(t, { '/_cluster/health': { status: 'red', unassigned_shards: 1 } })
  const { code, stdout } = await runLogctl(['doctor'], { env: { LOGCTL_ELASTICSEARCH: url } })
  assert.equal(code, 1)
  assert.match(stdout, /^PROBLEM {2}Elasticsearch nodes: The cluster is red/m)
})

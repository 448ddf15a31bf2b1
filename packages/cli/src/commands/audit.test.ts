import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { documentId } from '@logpipe/config'
import { elasticsearch, randomName, testServers } from '@logpipe/testkit'
import { runLogctl } from '../test-output.ts'

const [node = ''] = testServers().elasticsearchNodes
const source = 'AuditAuditAudit0'

test('audit holds a file against all indices of its data stream: missing, double, and the exit code', async (t) => {
  const dataset = randomName('audit')
  // Two indices under one name, as a data stream after a rollover has them.
  const indices = [`${dataset}-a`, `${dataset}-b`]
  const mappings = {
    properties: {
      log: { properties: { offset: { type: 'long' }, file: { properties: { path: { type: 'keyword' } } } } },
      host: { properties: { name: { type: 'keyword' } } },
    },
  }
  for (const index of indices) {
    await elasticsearch(node, 'PUT', `/${index}`, { mappings, aliases: { [`logs-${dataset}-default`]: {} } })
    t.after(() => elasticsearch(node, 'DELETE', `/${index}`))
  }
  const folder = mkdtempSync(join(tmpdir(), 'logpipe-audit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'app.log')
  const lines = Array.from({ length: 12 }, (_, i) => `line ${String(i).padStart(2, '0')}`)
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
  // The ids of a growing file begin with ever later epochs; the first of it come from an agent that had none.
  const frontOf = (i: number): string => (i < 3 ? '' : i < 6 ? '0fghI' : '0fghJ') + source
  const put = async (index: string, i: number, front = frontOf(i)): Promise<void> => {
    const log = { offset: 8 * i, file: { path: '/var/log/app.log' } }
    const document = { message: lines[i], host: { name: 'web-1' }, log }
    await elasticsearch(node, 'PUT', `/${index}/_doc/${documentId(front, 8 * i)}?refresh=true`, document)
  }
  const [a = '', b = ''] = indices
  for (const i of [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]) await put(i < 6 ? a : b, i)
  const args = [
    '--elasticsearch',
    node,
    'audit',
    file,
    '--host',
    'web-1',
    '--path',
    '/var/log/app.log',
    '--dataset',
    dataset,
  ]

  const short = await runLogctl(args)
  assert.equal(short.code, 1, short.stderr)
  assert.match(short.stdout, /^\/var\/log\/app\.log on web-1, source AuditAuditAudit0\n12 LINES/)
  assert.match(short.stdout, /^in the index +10 *$/m)
  assert.match(short.stdout, /^missing +1 +line 4 \(bytes 24–32\)$/m)
  assert.match(short.stdout, /^behind the last +1 +from byte 88 on/m)

  for (const i of [3, 11]) await put(b, i)
  const whole = await runLogctl([...args, '--json'])
  assert.equal(whole.code, 0, whole.stdout)
  const { current } = JSON.parse(whole.stdout) as { current: { found: number; missing: number } }
  assert.deepEqual([current.found, current.missing], [12, 0])

  // The same line under another epoch is a double, in one index too.
  await put(b, 9, `0fghK${source}`)
  const double = await runLogctl(args)
  assert.equal(double.code, 1)
  assert.match(double.stdout, /^double +1 +at bytes 72$/m)

  const nowhere = await runLogctl(args.map((arg) => (arg === 'web-1' ? 'web-2' : arg)))
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stdout, /on web-2: no document in .* Is the host's name right/)
})

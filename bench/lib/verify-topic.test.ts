import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { randomName, testServers } from '@logpipe/testkit'
import { originFromContent } from '../agent/workload.ts'
import { lineBytes, writeAccessLog } from './access-log.ts'
import { ExpectedRecords } from './expected.ts'
import { benchSource, produceLines } from './records.ts'
import { Tally } from './tally.ts'
import { countRecords, originFromHeaders, verifyTopic } from './verify-topic.ts'

const signal = AbortSignal.timeout(60_000)

test('a topic is told from one that lacks a line, by headers and by content', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'logpipe-bench-verify-'))
  const cluster = new Cluster({ brokers: testServers().kafkaBrokers, clientId: 'bench-test' })
  const topic = randomName('bench_verify')
  t.after(async () => {
    await cluster.deleteTopic(topic, AbortSignal.timeout(20_000))
    await cluster.close()
    rmSync(folder, { recursive: true, force: true })
  })
  await cluster.ensureTopic(topic, { partitions: 3, replication: 'auto' }, signal)
  await produceLines(cluster, topic, 5_000, signal)
  assert.equal(await countRecords(cluster, topic, signal), 5_000)

  const { path } = benchSource
  const log = join(folder, 'log')
  await writeAccessLog(log, 5_001)
  const bytes = readFileSync(log)
  const tally = (lines: number): Tally =>
    new Tally([{ path, records: ExpectedRecords.ofLines(bytes.subarray(0, lines * lineBytes), lineBytes) }])
  const sources: string[] = []
  await verifyTopic(
    cluster,
    topic,
    tally(5_000),
    originFromHeaders((source) => sources.push(source)),
    signal,
  )
  assert.deepEqual(sources, [JSON.stringify(benchSource)])
  await verifyTopic(cluster, topic, tally(5_000), originFromContent(path), signal)
  await assert.rejects(
    verifyTopic(cluster, topic, tally(5_001), originFromHeaders(), signal),
    /^Error: 1 of 5001 records are missing; the first is number 5000 of/,
  )
  await assert.rejects(
    verifyTopic(cluster, topic, tally(4_999), originFromContent(path), signal),
    /begins at 1129774 of .*, where none begins/,
  )
})

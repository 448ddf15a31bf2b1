import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { LogDir, readTopic, startAgent, testServers, type TopicRecord, waitFor } from '@logpipe/testkit'
import { freshTopic, makeTopic } from './lib/fresh-topic.ts'

const { kafkaBrokers: brokers } = testServers()
const linesEach = 400

/** Entries by the name of their file: keys that decide how lines go to Kafka, and what they carry. */
const entries: Record<string, Record<string, unknown>> = {
  'zstd.log': { compression: 'zstd' },
  'lz4.log': { compression: 'lz4', acks: 1 },
  'snappy.log': { compression: 'snappy', acks: 0 },
  'gzip.log': { compression: 'gzip', partition: 'random' },
  'none.log': { compression: 'none', acks: 0, partition: 'roundrobin' },
  'key.log': { partition: { key: 'one key' } },
  'number.log': { partition: { number: 2 } },
  'carries.log': {
    id: 'own',
    pipeline: 'nginx',
    dataset: 'nginx.access',
    namespace: 'prod',
    fields: { team: 'web', stage: 'ü' },
    tags: ['a', 'b'],
  },
  'off.log': { enabled: false },
}

test('keys of an entry, with a real broker: each compression, acks and partition, and what rides on each line', async (t) => {
  const dir = LogDir.create(t)
  const topic = freshTopic(t)
  await makeTopic(topic, {})
  const lines = Array.from({ length: linesEach }, (_, i) => `line ${i} ${'x'.repeat(i)}`)
  for (const name of Object.keys(entries)) dir.appendLines(name, lines)
  const settings = {
    kafka: { brokers, batchBytes: 32_768 },
    host: 'web-1',
    ip: '192.0.2.7',
    entries: Object.entries(entries).map(([name, keys]) => ({ path: dir.file(name), topic, ...keys })),
  }
  const agent = await startAgent(t, settings)
  const isDone = async (): Promise<boolean> => {
    const { files } = (await agent.get<FilesReport>('/files')).body
    return files.length === 8 && files.every(({ path, acked }) => acked === dir.size(path.slice(dir.path.length + 1)))
  }
  await waitFor(isDone, { what: 'all lines to be acknowledged', deadlineMs: 30_000 })

  const byFile = new Map<string, TopicRecord[]>()
  // With acks 0 the agent knows only that they left: they are there a moment later.
  const allAreThere = async (): Promise<boolean> => {
    byFile.clear()
    for await (const record of readTopic({ brokers, topic })) {
      const name = record.source?.path.slice(dir.path.length + 1) ?? 'no source'
      byFile.set(name, [...(byFile.get(name) ?? []), record])
    }
    return [...byFile.values()].reduce((sum, records) => sum + records.length, 0) === 8 * linesEach
  }
  await waitFor(allAreThere, { what: 'all lines to be in the topic' })

  const partitions = (name: string): number => new Set(byFile.get(name)?.map(({ partition }) => partition)).size
  for (const [name, records] of byFile) {
    const inFile = records.toSorted((a, b) => a.lineOffset - b.lineOffset)
    assert.deepEqual(
      inFile.map(({ value }) => value?.toString()),
      lines,
      name,
    )
    if (!['gzip.log', 'none.log'].includes(name)) assert.equal(partitions(name), 1, name)
    const { id, path, ...rest } = records[0]?.source ?? { id: '', path: '' }
    assert.match(id, /^[\w-]{21}$/)
    assert.equal(path, dir.file(name))
    if (name !== 'carries.log') {
      assert.deepEqual(Object.keys(rest).toSorted(), ['entry', 'host', 'ip'], name)
      continue
    }
    const carried = { ...entries[name], entry: 'own', host: 'web-1', ip: '192.0.2.7' }
    delete (carried as Record<string, unknown>)['id']
    assert.deepEqual(rest, carried)
  }
  assert.equal(partitions('none.log'), 3, 'batches go round')
  assert.equal(byFile.get('number.log')?.[0]?.partition, 2)
  assert.equal(await agent.stop(), 0)
})

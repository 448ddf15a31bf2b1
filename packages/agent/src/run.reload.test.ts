import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import { buildKey, type ConfigStore, type FilesReport, openEtcdStore } from '@logpipe/config'
import { closeAfter, LogDir, readTopic, startAgent, testServers, waitFor } from '@logpipe/testkit'
import { testTopic } from './testing/topic.ts'

const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()

/** Puts other entries under the key, again and again, until it is told to stop. */
async function edit(
  store: ConfigStore,
  key: string,
  entries: (round: number) => unknown,
  signal: AbortSignal,
): Promise<number> {
  let round = 0
  for (; !signal.aborted; round++) {
    await store.put(key, JSON.stringify(entries(round)))
    await pause(5)
  }
  return round
}

test('SIGTERM while the entries change without end: each stop is orderly, no line is missing, none comes twice', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_reload')
  const ip = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
  const key = buildKey('/logpipe', { kind: 'host', ip })
  const store = await openEtcdStore({ endpoints })
  closeAfter(t, () => store.close())
  closeAfter(t, async () => void (await store.delete(key)))
  const entries = (round: number): unknown => [
    { id: 'kept', path: dir.file('a.log'), topic },
    { id: 'edited', path: dir.file('b.log'), topic, tags: [`round-${round}`] },
    ...(round % 2 === 0 ? [{ id: 'comes-and-goes', path: dir.file('c.log'), topic }] : []),
  ]
  await store.put(key, JSON.stringify(entries(0)))
  const agent = await startAgent(t, { kafka: { brokers }, etcd: { endpoints }, ip, shutdownMs: 10_000 })
  const written: string[] = []
  for (let life = 0; life < 3; life++) {
    const editing = new AbortController()
    const edits = edit(store, key, entries, editing.signal)
    for (let i = 0; i < 40; i++) {
      for (const name of ['a', 'b', 'c']) {
        const line = `${name} ${life} ${i}`
        dir.appendLines(`${name}.log`, [line])
        written.push(line)
      }
      await pause(5)
    }
    const began = performance.now()
    assert.equal(await agent.stop(), 0)
    assert.ok(performance.now() - began < 10_000)
    editing.abort()
    assert.ok((await edits) > 10, 'entries did change meanwhile')
    await store.put(key, JSON.stringify(entries(0)))
    await agent.restart()
  }
  const allRead = async (): Promise<boolean> => {
    const { files } = (await agent.get<FilesReport>('/files')).body
    return files.length === 3 && files.every(({ acked }) => acked === dir.size('a.log'))
  }
  await waitFor(allRead, { what: 'all lines to be acknowledged', deadlineMs: 30_000 })
  assert.equal(await agent.stop(), 0)
  const arrived: string[] = []
  for await (const { value } of readTopic({ brokers, topic })) arrived.push(String(value))
  assert.deepEqual(arrived.toSorted(), written.toSorted())
})

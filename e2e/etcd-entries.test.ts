import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { test } from 'node:test'
import { AgentStatus, type FilesReport, buildKey, openEtcdStore } from '@logpipe/config'
import { LogDir, closeAfter, randomName, readTopic, startAgent, testServers, waitFor } from '@logpipe/testkit'

async function lines(brokers: readonly string[], topic: string): Promise<string[]> {
  const found: string[] = []
  for await (const { value } of readTopic({ brokers, topic })) found.push(String(value))
  return found
}

test(
  "what is put under the host's key in etcd is collected, and no longer once it is taken away",
  { timeout: 90_000 },
  async (t) => {
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const dir = LogDir.create(t)
    const topic = randomName('etcd_log')
    const ip = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
    const key = buildKey('/logpipe', { kind: 'host', ip })
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    closeAfter(t, async () => void (await store.delete(key)))
    const agent = await startAgent(t, { kafka: { brokers }, etcd: { endpoints }, ip, discover: { pollMs: 100 } })
    const files = async (): Promise<string[]> =>
      (await agent.get<FilesReport>('/files')).body.files.map(({ path }) => path)

    dir.append('app.log', 'first\n')
    assert.deepEqual(await files(), [])
    await store.put(key, JSON.stringify([{ path: dir.file('*.log'), topic }]))
    await waitFor(async () => (await lines(brokers, topic)).includes('first'), { what: 'the first line in Kafka' })

    await store.delete(key)
    await waitFor(async () => (await files()).length === 0, { what: 'the file to be let go' })
    dir.append('app.log', 'while nobody asked for it\n')
    await store.put(key, JSON.stringify([{ path: dir.file('*.log'), topic }]))
    await waitFor(async () => (await lines(brokers, topic)).length >= 2, { what: 'the second line in Kafka' })
    assert.deepEqual(await lines(brokers, topic), ['first', 'while nobody asked for it'])
  },
)

test(
  'an application that registers itself is collected within two seconds; when its lease is over, what it wrote is read to the end',
  { timeout: 90_000 },
  async (t) => {
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const dir = LogDir.create(t)
    const topic = randomName('service_log')
    const ip = `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`
    const key = buildKey('/logpipe', { kind: 'service', service: 'shop', instance: randomName('i') })
    const group = buildKey('/logpipe', { kind: 'group', name: randomName('group') })
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, () => store.close())
    closeAfter(t, async () => void (await store.delete(group)))
    const label = randomName('label')
    const agent = await startAgent(t, {
      kafka: { brokers },
      etcd: { endpoints },
      ip,
      labels: { role: label },
      id: label,
    })
    const files = async (): Promise<string[]> =>
      (await agent.get<FilesReport>('/files')).body.files.map(({ entry }) => entry)

    dir.append('shop.log', 'first\n')
    dir.append('web.log', 'of a group\n')
    const lease = await store.lease(5_000)
    await store.put(key, JSON.stringify({ host: ip, entries: [{ id: 'own', path: dir.file('shop.log'), topic }] }), {
      lease: lease.id,
    })
    const groupValue = { selector: { role: label }, entries: [{ id: 'web', path: dir.file('web.log'), topic }] }
    await store.put(group, JSON.stringify(groupValue), { ifRevision: 0 })
    await waitFor(async () => (await lines(brokers, topic)).length === 2, {
      what: 'the first lines in Kafka',
      deadlineMs: 2_000,
    })
    assert.deepEqual(
      (await files()).toSorted(),
      [`${group.split('/').at(-1)}/web`, `${key.split('/').slice(-2).join('/')}/own`].toSorted(),
    )

    const status = async (): Promise<AgentStatus | null> => {
      const [item] = (await store.list(buildKey('/logpipe', { kind: 'status', id: label }))).items
      return item === undefined ? null : AgentStatus.parse(JSON.parse(item.value))
    }
    await waitFor(async () => (await status())?.entries.filter(({ state }) => state === 'APPLIED').length === 2, {
      what: 'both entries to be reported as applied',
    })
    dir.append('shop.log', 'last\n')
    await lease.revoke()
    await waitFor(async () => (await files()).length === 1, { what: 'the file to be let go', deadlineMs: 30_000 })
    assert.deepEqual((await lines(brokers, topic)).toSorted(), ['first', 'last', 'of a group'])

    const empty = await store.put(group, JSON.stringify({ ...groupValue, entries: [] }))
    await waitFor(async () => (await status())?.keys?.[group] === empty, { what: 'the group to run without entries' })
    assert.deepEqual([(await status())?.entries, await files()], [[], []])
    await store.delete(group)
    await waitFor(async () => !(group in ((await status())?.keys ?? {})), { what: 'the group to be gone' })
  },
)

import assert from 'node:assert/strict'
import { randomInt } from 'node:crypto'
import { basename, dirname, join } from 'node:path'
import { test } from 'node:test'
import { keysOf, openEtcdStore } from '@logpipe/config'
import {
  closeAfter,
  LogDir,
  type Ran,
  randomName,
  readTopic,
  runProgram,
  startAgent,
  testServers,
  waitFor,
} from '@logpipe/testkit'

test(
  'a canary tries other entries while the rest of its group goes on; promoted, all have them, and no line is missing or twice',
  { timeout: 90_000 },
  async (t) => {
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints } = testServers()
    const prefix = `/${randomName('canary')}`
    const store = await openEtcdStore({ endpoints })
    closeAfter(t, async () => {
      for (const { key } of (await store.list(`${prefix}/`)).items) await store.delete(key)
      await store.close()
    })
    const topic = randomName('canary_log')
    const members = await Promise.all(
      ['one', 'two'].map(async (id) => {
        const dir = LogDir.create(t)
        await startAgent(t, {
          kafka: { brokers },
          etcd: { endpoints, prefix },
          id,
          ip: `10.${randomInt(256)}.${randomInt(256)}.${randomInt(1, 255)}`,
          labels: { role: 'web' },
          discover: { pollMs: 100, roots: [dir.file('')] },
        })
        return { id, dir }
      }),
    )
    const logctl = (...args: string[]): Promise<Ran> =>
      runProgram('logctl', { args, env: { LOGCTL_ETCD: endpoints.join(','), LOGCTL_ETCD_PREFIX: prefix } })
    const well = async (...args: string[]): Promise<string> => {
      const { code, stdout, stderr } = await logctl(...args)
      assert.equal(code, 0, `logctl ${args.join(' ')}: ${stdout}${stderr}`)
      return stdout
    }
    await waitFor(async () => (await store.list(keysOf(prefix, 'agent'))).items.length === 2, {
      what: 'both agents to be registered',
    })
    const [one] = members as [(typeof members)[0]]
    // One entry for both: each agent may look into its own folder alone.
    const folders = members.map(({ dir }) => basename(dir.file('')))
    const entry = { id: 'app', path: join(dirname(one.dir.file('')), `{${folders.join(',')}}`, 'app.log'), topic }
    one.dir.append('old.json', JSON.stringify({ selector: { role: 'web' }, entries: [entry] }))
    one.dir.append('new.json', JSON.stringify([{ ...entry, excludeLines: ['^DEBUG'] }]))
    await well('groups', 'put', 'web', one.dir.file('old.json'))
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} before`, `${id} before`])
    const seen = async (count: number): Promise<string[]> => {
      await waitFor(async () => (await linesOf()).length >= count, { what: `${count} lines in Kafka` })
      return await linesOf()
    }
    const linesOf = async (): Promise<string[]> => {
      const found: string[] = []
      for await (const { value } of readTopic({ brokers, topic })) found.push(String(value))
      return found.toSorted()
    }
    const before = ['DEBUG one before', 'DEBUG two before', 'one before', 'two before']
    assert.deepEqual(await seen(4), before)

    await well('canary', 'start', 'web', one.dir.file('new.json'), '--agent', 'two')
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    const state = JSON.parse(await well('canary', 'show', 'web', '--json')) as { canaries: { state: string }[] }
    assert.deepEqual(
      state.canaries.map((canary) => canary.state),
      ['APPLIED'],
    )
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} during`, `${id} during`])
    const during = ['DEBUG one during', 'one during', 'two during']
    assert.deepEqual(await seen(7), [...before, ...during].toSorted())

    await well('canary', 'promote', 'web', '--yes')
    await well('rollout', '--group', 'web', '--watch', '--timeout', '30s')
    for (const { id, dir } of members) dir.appendLines('app.log', [`DEBUG ${id} after`, `${id} after`])
    assert.deepEqual(await seen(9), [...before, ...during, 'one after', 'two after'].toSorted())
  },
)

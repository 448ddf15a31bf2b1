import assert from 'node:assert/strict'
import { test } from 'node:test'
import { assertConserved, Oracle, readTopicLines, testServers, waitFor } from '@logpipe/testkit'
import { EtcdRun } from '../lib/etcd-run.ts'
import { freshTopic } from '../lib/fresh-topic.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

test(
  'two entries over one file to one topic: the first has it, the other says so; when the first goes the other reads on, killed in between or not',
  { timeout },
  async (t) => {
    const own = await EtcdRun.start(t)
    const { run } = own
    const log = run.log('app.log')
    const write = async (): Promise<void> => log.write(100)
    const path = run.dir.file('*.log*')
    const [first, second] = [own.entry('first', { path }), own.entry('second', { path: run.dir.file('app*') })]
    const owner = async (): Promise<string | undefined> =>
      (await run.files()).find(({ state }) => state !== 'ignored')?.entry
    await whileWriting(write, async () => {
      for (let swap = 0; swap < figures.entrySwaps; swap++) {
        const [has, yields] = swap % 2 === 0 ? [first, second] : [second, first]
        await own.put([has, yields])
        const { entries } = await own.says(`that ${yields.id} leaves the file to ${has.id}`, (status) =>
          status.entries.some(({ id, remark }) => id === yields.id && remark?.includes(`'${has.id}'`) === true),
        )
        assert.deepEqual(
          entries.map(({ id, state, error, remark }) => [id, state, error, remark !== undefined]),
          [
            [has.id, 'APPLIED', null, false],
            [yields.id, 'APPLIED', null, true],
          ],
        )
        const rows = await run.files()
        const ignored = rows.filter(({ state }) => state === 'ignored')
        assert.deepEqual(
          ignored.map(({ entry }) => entry),
          [yields.id],
        )
        assert.match(ignored[0]?.reason ?? '', new RegExp(`entry '${has.id}' collects for this topic`))
        if (swap % 2 === 1) await run.kill()
        await own.put([yields])
        if (swap % 2 === 1) await run.agent.restart()
        await waitFor(async () => (await owner()) === yields.id, { what: `the file to be ${yields.id}'s` })
        const alone = await own.says(`no remark of ${yields.id}`, (status) =>
          status.entries.every(({ id, remark }) => id === yields.id && remark === undefined),
        )
        assert.equal(alone.entries.length, 1)
      }
    })
    await run.conserved({ fresh: log })
    assert.equal((await run.files()).length, 1)
    await run.stop()
  },
)

test(
  'two entries over one file to two topics: each topic gets every line, also when one entry comes later and goes for a while',
  { timeout },
  async (t) => {
    const other = freshTopic(t)
    const own = await EtcdRun.start(t)
    const { run } = own
    const log = run.log('app.log')
    const write = async (): Promise<void> => log.write(100)
    const one = own.entry('one', { path: run.dir.file('app.log*') })
    const two = { ...one, id: 'two', topic: other }
    await whileWriting(write, async () => {
      await own.applied(await own.put([one]))
      await own.applied(await own.put([one, two]))
      run.dir.rotate(log.name)
      await own.applied(await own.put([two]))
      await run.kill()
      await run.agent.restart()
      await own.applied(await own.put([two, one]))
      const { entries } = await own.applied(await own.put([one, two]))
      assert.deepEqual(
        entries.map(({ id, remark }) => [id, remark]),
        [
          ['one', undefined],
          ['two', undefined],
        ],
      )
    })
    await run.conserved({ fresh: log })
    const count = async (): Promise<number> => {
      const oracle = new Oracle(log.generator.run)
      oracle.expect(log.generator.file, log.generator.count)
      const verdict = await oracle.check(readTopicLines({ brokers: testServers().kafkaBrokers, topic: other }))
      assertConserved(verdict, { copiesAllowed: true })
      return verdict.found
    }
    await waitFor(count, { what: 'every line in the other topic', deadlineMs: 20_000, everyMs: 200 })
    await run.stop()
  },
)

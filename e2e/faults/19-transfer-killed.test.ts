import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ElasticsearchProxy } from '@logpipe/testkit'
import { killInBulk, momentOf } from '../lib/kill-in-bulk.ts'
import { TransferRun } from '../lib/transfer-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const instances = 3
test(
  `${instances} transfers killed -9 in the middle of a bulk, ${figures.transferKills} times each: every line is in the index once`,
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, {
      instances: 0,
      partitions: 6,
      settings: { elasticsearch: { bulkDocs: 500, bulkAgeMs: 50 } },
    })
    const files = Array.from({ length: 6 }, () => run.open())
    const write = (): Promise<unknown> => Promise.all(files.map((file) => file.write(1_000)))
    const proxies = await Promise.all(Array.from({ length: instances }, () => ElasticsearchProxy.start(t, run.node)))
    await write()
    await Promise.all(proxies.map(({ url }) => run.add(url)))

    let inBulk = 0
    for (let round = 0; round < figures.transferKills; round++) {
      // Now and then one is killed before it is ready, or before the group has given it anything; mostly each has its share.
      if (round % 3 !== 2) await run.shared(instances)
      const kills = proxies.map((proxy, i) => killInBulk(run, i, proxy, momentOf(round + i)))
      await write()
      for (const isInBulk of await Promise.all(kills)) inBulk += isInBulk ? 1 : 0
      await write()
      await Promise.all(run.transfers.map((transfer) => transfer.start()))
    }
    await Promise.all(run.transfers.map((transfer) => transfer.ready()))
    await run.conserved()
    const kills = instances * figures.transferKills
    t.diagnostic(`${inBulk} of ${kills} kills in the middle of a bulk`)
    assert.ok(inBulk > kills / 2, `${inBulk} of ${kills} kills were in the middle of a bulk`)
  },
)

test(
  'one transfer, four, and one again, by a stop and by a kill, under load: every line is in the index once',
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, { partitions: 8 })
    const files = Array.from({ length: 8 }, () => run.open())
    const share = async (count: number): Promise<void> => {
      await run.shared(count)
      await run.goesOn()
      await new Promise((resolve) => setTimeout(resolve, figures.scaleMs))
    }
    const write = (): Promise<unknown> => Promise.all(files.map((file) => file.write(50)))
    await whileWriting(write, async () => {
      await share(1)
      for (let i = 0; i < figures.scalings; i++) {
        await Promise.all([run.add(), run.add(), run.add()])
        await share(4)
        run.measure()
        const [first, second, third] = run.transfers.filter((transfer) => transfer.running)
        await Promise.all([first?.stop(), second?.stop(), third?.kill()])
        await share(1)
      }
    })
    await run.conserved()
  },
)

test(
  'a transfer that hangs longer than its session, in the middle of a bulk, and comes back: every line is in the index once',
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, { instances: 0, settings: { elasticsearch: { bulkDocs: 200 } } })
    const proxy = await ElasticsearchProxy.start(t, run.node)
    const files = Array.from({ length: 4 }, () => run.open())
    const write = (): Promise<unknown> => Promise.all(files.map((file) => file.write(2_000)))
    const hung = await run.add(proxy.url)
    await run.add()
    await run.shared(2)
    // It stops where it is, and the bulk goes on to Elasticsearch without it.
    const hangs = new Promise<void>((resolve) => {
      proxy.play({
        before: () => {
          proxy.play()
          hung.signal('SIGSTOP')
          resolve()
          return null
        },
      })
    })
    await write()
    await run.told(() => hangs)
    await new Promise((resolve) => setTimeout(resolve, figures.hungMs))
    // The other one has all partitions by now, or soon.
    await write()
    await run.indexed()
    hung.signal('SIGCONT')
    await run.said(/Partitions lost to the group/, hung)
    await write()
    await run.conserved()
    await run.shared(2)
  },
)

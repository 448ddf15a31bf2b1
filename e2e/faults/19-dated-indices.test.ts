import assert from 'node:assert/strict'
import { test } from 'node:test'
import { elasticsearch, ElasticsearchProxy, randomName } from '@logpipe/testkit'
import { withMovableClock } from '../lib/clock-shift.ts'
import { killInBulk, momentOf } from '../lib/kill-in-bulk.ts'
import { TransferRun } from '../lib/transfer-run.ts'
import { figures, timeout } from './figures.ts'

const dayMs = 86_400_000

test(
  'a transfer killed -9 in the middle of bulks for dated indices, and started on another day: every line is in one of them, once',
  { timeout },
  async (t) => {
    const name = randomName('dated')
    const run = await TransferRun.start(t, {
      instances: 0,
      partitions: 2,
      indices: `${name}-*`,
      // Some of the records are older than what a broker keeps.
      topicConfigs: { 'retention.ms': '-1' },
      daemon: { env: withMovableClock([-24]) },
      settings: {
        routes: [{ topics: ['*'], index: `${name}-{dataset}-{yyyy.MM.dd}` }],
        elasticsearch: { bulkDocs: 500, bulkAgeMs: 50 },
      },
    })
    // Batches from before and after a midnight, turn by turn: each bulk goes to both indices.
    const midnight = Math.floor(Date.now() / dayMs) * dayMs - 3 * dayMs
    let turn = 0
    const aroundMidnight = run.open({ timeMs: () => midnight + (turn % 2 === 0 ? -1_000 : 1_000) })
    // No clock says this: the day of the bulk names their index. What is sent again on another day is in none of that day's.
    const longAgo = run.open({ dataset: run.otherDataset, timeMs: () => Date.UTC(1985, 0, 1) })
    const files = [aroundMidnight, longAgo]
    const write = async (): Promise<void> => {
      for (; turn % 5 < 4; turn++) await Promise.all(files.map((file) => file.write(250)))
      turn++
    }
    const proxy = await ElasticsearchProxy.start(t, run.node)
    await write()
    const transfer = await run.add(proxy.url)
    const kills = 2 * figures.transferKills
    let inBulk = 0
    for (let round = 0; round < kills; round++) {
      // Every other time it is yesterday, until it is killed.
      if (round % 2 === 0) transfer.signal('SIGUSR2')
      const killed = killInBulk(run, 0, proxy, momentOf(round + 1))
      await write()
      if (await killed) inBulk++
      await write()
      await transfer.start()
      await transfer.ready()
    }
    await run.conserved()
    t.diagnostic(`${inBulk} of ${kills} kills in the middle of a bulk`)
    assert.ok(inBulk > kills / 2, `${inBulk} of ${kills} kills were in the middle of a bulk`)
    const rows = await elasticsearch<{ index: string; 'docs.count': string }[]>(
      run.node,
      'GET',
      `/_cat/indices/${name}-*?format=json&h=index,docs.count`,
    )
    const days = new Set(rows.filter((row) => Number(row['docs.count']) > 0).map(({ index }) => index))
    // One data set has both sides of a midnight and the fresh line of today, the other one yesterday and today.
    assert.equal(days.size, 5, [...days].join(', '))
  },
)

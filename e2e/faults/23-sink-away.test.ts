import assert from 'node:assert/strict'
import { test } from 'node:test'
import { TcpProxy } from '@logpipe/testkit'
import { TransferRun } from '../lib/transfer-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const partitions = 4
const lineBytes = 500
/** At twice the input, what was missed takes as long as it was missed for. */
const leastCatchUpMs = 90_000

test(
  `Elasticsearch away for ${figures.sinkAwayMs / 1_000} s at full rate: bounded memory, the same member of the group, catching up at twice the input`,
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, { instances: 0, partitions })
    const proxy = await TcpProxy.start(t, run.node)
    const transfer = await run.add(`http://${proxy.address}`)
    const generations = transfer.counted('"Partitions assigned."')
    const files = Array.from({ length: partitions }, () => run.open({ lineBytes }))
    const began = performance.now()
    const dueLines = (): number => Math.floor(((performance.now() - began) / 1_000) * figures.fullLinesPerSec)
    const write = async (): Promise<void> => {
      const each = Math.floor(dueLines() / partitions)
      await Promise.all(files.map((file) => file.write(Math.max(0, each - file.generator.count))))
    }
    await whileWriting(write, async () => {
      await run.goesOn(figures.fullLinesPerSec)
      await proxy.refuse()
      const behind = run.written
      await new Promise((resolve) => setTimeout(resolve, figures.sinkAwayMs))
      const missed = run.written - behind
      assert.ok(missed > 0.8 * (figures.sinkAwayMs / 1_000) * figures.fullLinesPerSec, 'it was the full rate')
      const inFlight = await run.metric('in_flight_bytes', transfer)
      const lag = await run.metric('lag_records', transfer)
      assert.ok(lag >= 0.9 * missed, `the lag is told as ${lag}, and ${missed} lines were written meanwhile`)
      assert.ok(inFlight <= 64 * 1_048_576 * 1.1, `${inFlight} bytes are in flight`)
      const fetched = await run.metric('fetched_records_total', transfer)
      t.diagnostic(`${inFlight} bytes in flight; ${fetched} of ${run.written} lines were fetched`)
      // Nobody takes the documents, so that no more are made. The bound itself is met in long only; packages/transfer/src/ownership.test.ts meets it at once.
      assert.ok(fetched < run.written - missed / 4, 'it stopped reading')

      await proxy.accept()
      // What it does before it has noticed is not its pace; it asks again after 10 s at most.
      await run.goesOn()
      const from = { at: performance.now(), count: await run.count(), written: run.written }
      await run.caughtUp(figures.fullLinesPerSec, Math.max(leastCatchUpMs, figures.sinkAwayMs))
      const seconds = (performance.now() - from.at) / 1_000
      const pace = ((await run.count()) - from.count) / seconds
      const input = (run.written - from.written) / seconds
      t.diagnostic(
        `${missed} lines behind; ${Math.round(pace)} documents/s beside ${Math.round(input)} lines/s of input`,
      )
      assert.ok(pace >= 2 * input, `${pace} documents/s beside an input of ${input} lines/s`)
    })
    await run.conserved()
    assert.equal(generations(), 1, 'the group had no reason to share anew')
  },
)

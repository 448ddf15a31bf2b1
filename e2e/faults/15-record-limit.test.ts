import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AgentRun } from '../lib/agent-run.ts'
import { figures, timeout } from './figures.ts'

const limit = 50_000
const lengths = [limit - 1, limit, limit + 1, 10 * limit]

interface Case {
  where: string
  /** The least number of records in which a line of each length comes, the most is one more. */
  records: number[]
  topicConfigs: Record<string, string>
}

const cases: Case[] = [
  { where: 'where the broker takes more than we do', records: [1, 1, 2, 10], topicConfigs: {} },
  // A record has headers, a batch has one: pieces are somewhat smaller than what the topic takes.
  {
    where: 'where the broker takes less than we do',
    records: [2, 2, 2, 20],
    topicConfigs: { 'max.message.bytes': '30000' },
  },
]

for (const { where, records, topicConfigs } of cases) {
  test(
    `lines of the limit − 1, the limit, + 1 and ten times it among short ones, ${where}: all bytes arrive, a kill -9 between`,
    { timeout },
    async (t) => {
      const run = await AgentRun.start(t, {
        inPieces: true,
        topicConfigs,
        // What the broker judges is the compressed batch; then lengths say nothing.
        entry: { maxLineBytes: limit, compression: 'none' },
        settings: { kafka: { batchBytes: 200_000 } },
      })
      const short = run.log('app.log')
      const long = lengths.map((lineBytes) => run.log('app.log', { lineBytes }))
      const write = (): void => {
        for (let i = 0; i < figures.longLines; i++) {
          for (const log of long) {
            short.write(20)
            log.write(1)
          }
        }
        short.write(20)
      }
      write()
      await run.arrived(1)
      await run.kill()
      write()
      await run.agent.restart()
      await run.conserved()
      for (const { line, pieces } of run.lines()) {
        const least = records[lengths.indexOf(line.length)] ?? 1
        assert.ok(pieces >= least && pieces <= 2 * least, `a line of ${line.length} bytes in ${pieces} records`)
        if (topicConfigs['max.message.bytes'] === undefined) assert.equal(pieces, least)
      }
    },
  )
}

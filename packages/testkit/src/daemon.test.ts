import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { closeAfter } from './closing.ts'
import { startAgent } from './daemon.ts'
import { LineGenerator } from './line-generator.ts'
import { randomRun } from './line.ts'
import { LogDir } from './log-dir.ts'
import { assertConserved, Oracle, type Verdict } from './oracle.ts'
import { randomName, testServers } from './servers.ts'
import { readTopicLines } from './topic-lines.ts'
import { waitFor } from './wait-for.ts'

const { kafkaBrokers: brokers } = testServers()

test('a program that ends before it is ready is a rejection with its last words', async (t) => {
  await assert.rejects(
    startAgent(t, { kafka: { brokers: [] } }),
    /logagent ended with 2 before it was ready[^]*kafka\.brokers/,
  )
})

test('a program that is not ready in time is a rejection with its last words', async (t) => {
  const start = startAgent(t, { kafka: { brokers: ['127.0.0.1:9'] } }, { readyMs: 10_000 })
  await assert.rejects(start, /Waited in vain for logagent to be ready[^]*127\.0\.0\.1:9/)
})

test('an agent that is killed and started again goes on with its registry, port and settings', async (t) => {
  const topic = randomName('testkit')
  const cluster = new Cluster({ brokers, clientId: 'testkit' })
  closeAfter(t, () => cluster.close())
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  const dir = LogDir.create(t)
  const generator = new LineGenerator({ run: randomRun(), file: 0 })
  const agent = await startAgent(t, { kafka: { brokers }, entries: [{ path: dir.file('*.log'), topic }] })
  generator.appendTo(dir.file('a.log'), 100)
  assertConserved(await judged(100))
  const { url } = agent
  await agent.kill()
  await assert.rejects(agent.get('/readyz'))
  generator.appendTo(dir.file('a.log'), 100)
  await agent.restart()
  assert.equal(agent.url, url)
  assertConserved(await judged(200), { copiesAllowed: true })
  assert.equal(await agent.stop(), 0)

  async function judged(count: number): Promise<Verdict> {
    return waitFor(
      async () => {
        const oracle = new Oracle(generator.run)
        oracle.expect(0, count)
        const verdict = await oracle.check(readTopicLines({ brokers, topic }))
        return verdict.found === count && verdict
      },
      { what: `${count} lines in the topic`, everyMs: 200, deadlineMs: 20_000 },
    )
  }
})

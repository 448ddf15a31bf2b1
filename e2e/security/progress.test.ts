import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { Cluster } from '@logpipe/kafka'
import { forbid } from '@logpipe/kafka/testing'
import {
  closeAfter,
  fileScope,
  LogDir,
  makeCertificates,
  randomName,
  readTopic,
  runProgram,
  type SecureKafka,
  startAgent,
  startSecureKafka,
  waitFor,
} from '@logpipe/testkit'

const secret = 'n0t-to-be-seen'
const suite = fileScope(after)
let kafka: SecureKafka

before(
  async () => {
    kafka = await startSecureKafka(suite, {
      ...(await makeCertificates()),
      accounts: [{ name: 'alice', password: secret }],
    })
  },
  { timeout: 120_000 },
)

async function lines(topic: string): Promise<number> {
  let found = 0
  for await (const _ of readTopic({ brokers: [kafka.plain], topic })) found++
  return found
}

test(
  'where the progress topic is forbidden, lines go on, it is said once, and progress comes when it is allowed',
  { timeout: 90_000 },
  async (t) => {
    const cluster = new Cluster({ brokers: [kafka.plain], clientId: 'test' })
    closeAfter(t, () => cluster.close())
    await cluster.ping(t.signal)
    const [topic, progressTopic] = [randomName('lines'), randomName('logpipe.progress')]
    const allow = await forbid(cluster, 'User:alice', { kind: 'topic', name: progressTopic }, 'all')
    const dir = LogDir.create(t)
    dir.append('a.log', 'one\n')
    const sasl = { mechanism: 'SCRAM-SHA-512', username: 'alice', password: secret }
    const agent = await startAgent(t, {
      kafka: { brokers: [kafka.sasl], sasl, progressTopic, progressMs: 100 },
      entries: [{ path: dir.file('*.log'), topic }],
    })
    const failures = async (): Promise<number> => {
      const response = await fetch(`${agent.url}/metrics`, { signal: AbortSignal.timeout(5_000) })
      return Number(/^logagent_progress_failures_total (\d+)$/m.exec(await response.text())?.[1] ?? 0)
    }
    await waitFor(async () => (await failures()) >= 3, { what: 'three refusals', deadlineMs: 30_000 })
    dir.append('a.log', 'two\n')
    await waitFor(async () => (await lines(topic)) === 2, { what: 'both lines in Kafka', deadlineMs: 30_000 })
    assert.equal((await agent.get('/readyz')).status, 200)
    const said = agent.output.match(/The progress of files cannot be written/g) ?? []
    assert.equal(said.length, 1, agent.output)
    assert.match(agent.output, /TOPIC_AUTHORIZATION_FAILED/)

    await allow()
    const env = { LOGCTL_KAFKA: kafka.plain, LOGCTL_PROGRESS_TOPIC: progressTopic }
    const shown = async (): Promise<boolean> => {
      const { stdout } = await runProgram('logctl', { args: ['files', '--json'], env })
      return stdout.includes('"acked":8')
    }
    await waitFor(shown, { what: 'logctl files to show the file', deadlineMs: 30_000, everyMs: 250 })
    await waitFor(() => agent.output.includes('The progress of files is written again'), {
      what: 'the agent to say so',
    })
    assert.equal(await agent.stop(), 0)
  },
)

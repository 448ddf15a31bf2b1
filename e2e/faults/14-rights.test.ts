import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forbid } from '@logpipe/kafka/testing'
import { makeCertificates, startSecureKafka, waitFor } from '@logpipe/testkit'
import { PipelineRun } from '../lib/pipeline-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, timeout } from './figures.ts'

const account = { username: 'alice', password: 'n0t-to-be-seen' }

// That other topics go on meanwhile is told by e2e/security/programs.test.ts.
test(
  `the rights to write, to read and to commit are taken and given back, ${figures.rights} times: every line is in the index once`,
  { timeout },
  async (t) => {
    const ways = await makeCertificates()
    const accounts = [{ name: account.username, password: account.password }]
    const kafka = await startSecureKafka(t, { ...ways, accounts })
    const run = await PipelineRun.start(t, {
      brokers: [kafka.plain],
      programBrokers: [kafka.sasl],
      kafkaAccess: { sasl: { mechanism: 'SCRAM-SHA-512', ...account } },
      topicConfigs: {},
    })
    const user = `User:${account.username}`
    /** Takes a right until `felt` resolves; then lines arrive again. */
    const without = async (
      kind: 'topic' | 'group',
      operation: 'read' | 'write',
      felt: () => Promise<void>,
    ): Promise<void> => {
      // The group is called as the topic is.
      const allow = await forbid(run.cluster, user, { kind, name: run.topic }, operation)
      await felt()
      await allow()
      await run.goesOn(500)
    }
    const topicRefused = run.transfer.counted('TOPIC_AUTHORIZATION_FAILED')
    const groupRefused = run.transfer.counted('GROUP_AUTHORIZATION_FAILED')
    /** Waits until the transfer says so once more. */
    const onceMore = async (times: () => number): Promise<void> => {
      const before = times()
      const wait = { what: 'the transfer to say which right is missing', deadlineMs: 60_000 }
      await run.told(() => waitFor(() => times() > before, wait))
    }
    await whileWriting(run.filling(), async () => {
      await run.goesOn()
      for (let i = 0; i < figures.rights; i++) {
        await without('topic', 'write', () => run.standsStill(/TOPIC_AUTHORIZATION_FAILED/))
        await without('topic', 'read', () => onceMore(topicRefused))
        await without('group', 'read', () => onceMore(groupRefused))
      }
    })
    await run.conserved()
    assert.ok(run.written > 1_000, 'enough was written for it to mean something')
  },
)

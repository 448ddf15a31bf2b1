import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import {
  assertConserved,
  type Daemon,
  freePort,
  LineGenerator,
  LogDir,
  Oracle,
  randomRun,
  readTopic,
  startAgent,
  streamOf,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { testTopic } from './testing/topic.ts'

const { kafkaBrokers: brokers } = testServers()

/** Waits until everything that the files hold is acknowledged. */
async function caughtUp(agent: Daemon, files: number): Promise<void> {
  await waitFor(
    async () => {
      const { body } = await agent.get<FilesReport>('/files')
      return body.files.length >= files && body.files.every(({ lagBytes, size }) => lagBytes === 0 && size > 0)
    },
    { what: 'all lines to be acknowledged', deadlineMs: 60_000 },
  )
}

test('killed -9 again and again under load and rotation, every line arrives, under one id, in order', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_run')
  const run = randomRun()
  const generators = Array.from({ length: 8 }, (_, file) => new LineGenerator({ run, file, lineBytes: 225 }))
  const write = (lines: number): void => {
    for (const generator of generators) generator.appendTo(dir.file(`${generator.file}.log`), lines)
  }
  write(500)
  const agent = await startAgent(t, { kafka: { brokers }, entries: [{ path: dir.file('*.log*'), topic }] })
  for (let life = 0; life < 3; life++) {
    write(750)
    for (const { file } of generators) dir.rotate(`${file}.log`)
    write(750)
    await agent.kill()
    write(250)
    await agent.restart()
  }
  await caughtUp(agent, 8)

  const oracle = new Oracle(run)
  for (const { file, count } of generators) oracle.expect(file, count)
  const ids = new Map<string, Buffer>()
  let resent = 0
  for await (const { source, lineOffset, value, partition, offset } of readTopic({ brokers, topic })) {
    const id = `${source?.id}:${lineOffset}`
    const line = value ?? Buffer.alloc(0)
    const known = ids.get(id)
    if (known !== undefined) {
      assert.ok(known.equals(line), 'one id, one line')
      resent++
      continue
    }
    ids.set(id, line)
    oracle.observe({ line, stream: streamOf(source), position: lineOffset, place: `${partition}@${offset}` })
  }
  t.diagnostic(`${resent} of ${ids.size} lines were sent twice`)
  assertConserved(oracle.verdict())

  const before = ids.size + resent
  assert.equal(await agent.stop(), 0)
  await agent.restart()
  await caughtUp(agent, 8)
  assert.equal(await agent.stop(), 0)
  let after = 0
  for await (const _ of readTopic({ brokers, topic })) after++
  assert.equal(after, before, 'an orderly stop makes no copies')
})

test('while Kafka is away the agent says so, is not ready, and ends in order when it is told to', async (t) => {
  const dir = LogDir.create(t)
  dir.appendLines('a.log', ['one'])
  const nowhere = `127.0.0.1:${await freePort()}`
  const settings = {
    kafka: { brokers: [nowhere] },
    entries: [{ path: dir.file('*.log'), topic: 't' }],
    shutdownMs: 3_000,
  }
  const agent = await startAgent(t, settings, { readyMs: 0 })
  await waitFor(() => agent.output.includes('Waiting for Kafka'), { what: 'a word on Kafka' })
  const { status, body } = await agent.get<{ reason: string }>('/readyz')
  assert.equal(status, 503)
  assert.match(body.reason, /Kafka/)
  const file = await waitFor(
    async () => {
      const { body } = await agent.get<FilesReport>('/files')
      return body.files.find(({ state }) => state === 'blocked')
    },
    { what: 'the file to be blocked' },
  )
  assert.match(file?.reason ?? '', new RegExp(nowhere))
  assert.equal(await agent.stop(), 0)
})

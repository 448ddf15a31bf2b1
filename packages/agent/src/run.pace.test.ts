import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { test } from 'node:test'
import type { FilesReport } from '@logpipe/config'
import { type Daemon, LogDir, readTopic, startAgent, testServers, waitFor } from '@logpipe/testkit'
import { testTopic } from './testing/topic.ts'

const { kafkaBrokers: brokers } = testServers()

async function count(topic: string): Promise<number> {
  let lines = 0
  for await (const _ of readTopic({ brokers, topic })) lines++
  return lines
}

/** CPU time of the process so far, in hundredths of a second. */
function cpuTicks({ pid }: Daemon): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

test('with an hour between two polls, a new file and a quiet one that grows are read at once', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_pace')
  dir.appendLines('old.log', ['one'])
  const settings = {
    kafka: { brokers },
    entries: [{ path: dir.file('*.log'), topic }],
    discover: { pollMs: 3_600_000 },
  }
  const agent = await startAgent(t, settings)
  const acked = (bytes: number) => async (): Promise<boolean> => {
    const { files } = (await agent.get<FilesReport>('/files')).body
    return files.reduce((sum, file) => sum + file.acked, 0) === bytes
  }
  await waitFor(acked(4), { what: 'the first line', deadlineMs: 20_000 })
  dir.appendLines('new.log', ['a longer line'])
  await waitFor(acked(18), { what: 'the new file', deadlineMs: 10_000 })
  dir.appendLines('old.log', ['two'])
  await waitFor(acked(22), { what: 'the old file', deadlineMs: 10_000 })
  assert.equal(await agent.stop(), 0)
})

test('a rate limit of 10 lines/s is kept by the program over all files, and while they wait it sleeps', async (t) => {
  const dir = LogDir.create(t)
  const topic = testTopic(t, 'agent_pace')
  for (let i = 0; i < 20; i++) {
    dir.appendLines(
      `${i}.log`,
      Array.from({ length: 500 }, (_, n) => `${i} ${n} ${'x'.repeat(100)}`),
    )
  }
  const entries = [{ path: dir.file('*.log'), topic, rateLimit: { lines: 10 } }]
  const agent = await startAgent(t, { kafka: { brokers }, entries })
  await waitFor(async () => (await count(topic)) > 0, { what: 'the first lines' })
  const [linesBefore, ticksBefore, began] = [await count(topic), cpuTicks(agent), performance.now()]
  await pause(5_000)
  const ticks = cpuTicks(agent) - ticksBefore
  const [lines, seconds] = [(await count(topic)) - linesBefore, (performance.now() - began) / 1_000]
  t.diagnostic(`${lines} lines in ${seconds.toFixed(2)} s, ${ticks} ticks`)
  assert.ok(Math.abs(lines / seconds - 10) <= 1.5, `${lines} lines in ${seconds} s`)
  assert.ok(ticks < 100, `${ticks} hundredths of a second of CPU`)
  const { files } = (await agent.get<FilesReport>('/files')).body
  assert.ok(files.every(({ state, reason }) => state === 'blocked' && /limited to 10 lines\/s/.test(reason ?? '')))
  assert.equal(await agent.stop(), 0)
})

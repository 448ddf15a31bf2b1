import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { Cluster, Producer, RecordBatchEncoder } from '@logpipe/kafka'
import { closeAfter } from './closing.ts'
import { Program, runProgram } from './program.ts'
import { randomName, testServers } from './servers.ts'
import { waitFor } from './wait-for.ts'

const { kafkaBrokers: brokers } = testServers()

/** A topic into which lines go until the test ends: what follows it prints, and runs until it is ended. */
async function busyTopic(t: TestContext): Promise<string> {
  const topic = randomName('testkit')
  const cluster = new Cluster({ brokers, clientId: 'testkit' })
  closeAfter(t, () => cluster.close())
  await cluster.ensureTopic(topic, { partitions: 1, replication: 1 }, t.signal)
  closeAfter(t, () => cluster.deleteTopic(topic, AbortSignal.timeout(10_000)))
  const producer = new Producer(cluster, {})
  closeAfter(t, () => producer.close())
  const timer = setInterval(() => {
    const encoder = new RecordBatchEncoder(1_000)
    encoder.reset()
    encoder.appendRecord({ value: Buffer.from('a line') })
    void encoder.seal('none').then((batch) => producer.send(topic, 0, batch))
  }, 200)
  closeAfter(t, () => clearInterval(timer))
  return topic
}

test('a program that runs to its end gives its exit code and what it printed', async () => {
  const help = await runProgram('logctl', { args: ['--help'] })
  assert.equal(help.code, 0)
  assert.match(help.stdout, /^Usage: logctl/)
  const wrong = await runProgram('logctl', { args: ['no-such-command'] })
  assert.equal(wrong.code, 2)
  assert.match(wrong.stderr, /no-such-command/)
})

test('settings of whoever runs the tests do not reach the program, those of the test do', async (t) => {
  const had = process.env.LOGCTL_KAFKA
  process.env.LOGCTL_KAFKA = 'nobody'
  t.after(() => {
    if (had === undefined) delete process.env.LOGCTL_KAFKA
    else process.env.LOGCTL_KAFKA = had
  })
  const { stderr } = await runProgram('logctl', { args: ['status'], env: { LOGCTL_ETCD: 'http://127.0.0.1:x' } })
  assert.match(stderr, /'http:\/\/127\.0\.0\.1:x' is no address/)
})

test('a program that does not end by its deadline is killed, and the error shows what it printed', async (t) => {
  const args = ['--kafka', brokers.join(','), 'tail', await busyTopic(t)]
  const message = /^logctl did not end within 0\.5 s\. It printed:/
  await assert.rejects(runProgram('logctl', { args, deadlineMs: 500 }), { code: 'deadline_exceeded', message })
})

test('a program is killed and started again; SIGTERM ends it in order', async (t) => {
  const program = new Program(t, 'logctl', { args: ['--kafka', brokers.join(','), 'tail', await busyTopic(t)] })
  assert.equal(program.running, false)
  await program.start()
  const first = program.pid
  await assert.rejects(program.start(), /runs already/)
  assert.deepEqual(await program.kill(), { code: null, signal: 'SIGKILL' })
  assert.equal(program.running, false)
  await program.start()
  assert.notEqual(program.pid, first)
  await waitFor(() => program.output.includes('a line'), { what: 'logctl to print a line' })
  assert.equal(await program.stop(), 0)
})

test('what a program printed is kept over its lives', async (t) => {
  const program = new Program(t, 'logctl', { args: ['no-such-command'] })
  for (let life = 0; life < 2; life++) {
    await program.start()
    assert.deepEqual(await program.exited(), { code: 2, signal: null })
  }
  assert.equal(program.output.match(/no-such-command/g)?.length, 2)
})

import assert from 'node:assert/strict'
import { createServer, type AddressInfo } from 'node:net'
import { existsSync, writeFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import {
  freePort,
  LineGenerator,
  LogDir,
  type ProgramName,
  type Ran,
  randomName,
  randomRun,
  readTopicLines,
  runProgram,
  type SettingsTree,
  startAgent,
  startTransfer,
  TcpProxy,
  testServers,
  waitFor,
} from '@logpipe/testkit'
import { freshTopic } from './lib/fresh-topic.ts'

const { kafkaBrokers, elasticsearchNodes } = testServers()

/** Runs the program with these settings to its end, which must come by itself. */
function run(t: TestContext, name: ProgramName, settings: SettingsTree): Promise<Ran> {
  const file = LogDir.create(t).file('settings.yaml')
  writeFileSync(file, JSON.stringify(settings))
  return runProgram(name, { args: ['run', '--config', file] })
}

function assertAll(text: string, patterns: readonly RegExp[]): void {
  for (const pattern of patterns) assert.match(text, pattern)
}

test('wrong settings of the agent: every fault at once with its nearest name, exit code 2, nothing started', async (t) => {
  const dataDir = LogDir.create(t).file('data')
  const { code, stderr } = await run(t, 'logagent', {
    kafka: { broker: ['127.0.0.1:9092'], lingerMs: -1 },
    entires: [{ path: '/var/log/*.log', topic: 'a' }],
    entries: [{ path: 'relative.log', topic: 'no such topic', datset: 'x' }],
    http: { listen: `127.0.0.1:${await freePort()}` },
    dataDir,
  })
  assert.equal(code, 2, stderr)
  assertAll(stderr, [
    /kafka\.broker\b.*\bbrokers\b/,
    /kafka\.lingerMs/,
    /entires\b.*\bentries\b/,
    /entries\[0\]\.path/,
    /entries\[0\]\.topic/,
    /datset\b.*\bdataset\b/,
  ])
  assert.doesNotMatch(stderr, /\n\s+at /)
  assert.equal(existsSync(dataDir), false)
})

test('wrong settings of the transfer: every fault at once with its nearest name, exit code 2', async (t) => {
  const { code, stderr } = await run(t, 'logtransfer', {
    kafka: { brokers: ['127.0.0.1'], topics: ['*_log'], grup: 'a' },
    maxInflightBytes: 1_048_576,
    elasticsearch: { nodes: ['not an address'], bulkDcos: 5 },
  })
  assert.equal(code, 2, stderr)
  assertAll(stderr, [
    /kafka\.brokers\[0\]/,
    /grup\b.*\bgroup\b/,
    /maxInflightBytes\b.*\bmaxInFlightBytes\b/,
    /elasticsearch\.nodes\[0\]/,
    /bulkDcos\b.*\bbulkDocs\b/,
  ])
  assert.doesNotMatch(stderr, /\n\s+at /)
})

test('a settings file that is not there, and one that is no YAML, are a sentence and exit code 2', async (t) => {
  const dir = LogDir.create(t)
  const missing = await runProgram('logagent', { args: ['run', '--config', dir.file('absent.yaml')] })
  assert.equal(missing.code, 2, missing.stderr)
  assert.match(missing.stderr, /absent\.yaml/)
  dir.append('broken.yaml', 'kafka: { brokers: [')
  const broken = await runProgram('logtransfer', { args: ['run', '--config', dir.file('broken.yaml')] })
  assert.equal(broken.code, 2, broken.stderr)
  assert.match(broken.stderr, /broken\.yaml/)
})

test('validate says whether settings are right, without starting anything', async (t) => {
  const dir = LogDir.create(t)
  dir.append('good.yaml', 'kafka: { brokers: ["127.0.0.1:9"] }\nentries: [{ path: "/var/log/*.log", topic: a_log }]\n')
  dir.append('bad.yaml', 'kafka: { brokers: ["127.0.0.1:9"], lingerms: 5 }\n')
  const validate = (file: string): Promise<Ran> =>
    runProgram('logagent', { args: ['validate', '--config', dir.file(file)] })
  const good = await validate('good.yaml')
  assert.equal(good.code, 0, good.stderr)
  const bad = await validate('bad.yaml')
  assert.equal(bad.code, 2)
  assert.match(bad.stdout + bad.stderr, /lingerms\b.*\blingerMs\b/)
})

test('a port that is taken is one sentence that names it, and an exit code that is not 0', async (t) => {
  const holder = createServer()
  await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
  t.after(() => holder.close())
  const listen = `127.0.0.1:${(holder.address() as AddressInfo).port}`
  const common = { http: { listen } }
  const programs: [ProgramName, SettingsTree][] = [
    ['logagent', { ...common, kafka: { brokers: kafkaBrokers }, dataDir: LogDir.create(t).file('data') }],
    [
      'logtransfer',
      {
        ...common,
        kafka: { brokers: kafkaBrokers, group: randomName('e2e'), topics: [randomName('e2e')] },
        elasticsearch: { nodes: elasticsearchNodes },
      },
    ],
  ]
  for (const [name, settings] of programs) {
    const { code, stderr } = await run(t, name, settings)
    assert.notEqual(code, 0)
    const said = stderr.split('\n').filter((line) => line.includes(`Another program already listens on ${listen}`))
    assert.equal(said.length, 1, stderr)
    assert.doesNotMatch(stderr, /\n\s+at /)
  }
})

test('the agent waits for Kafka, says so, is not ready meanwhile, and goes on when Kafka comes', async (t) => {
  const proxy = await TcpProxy.start(t, kafkaBrokers[0] ?? '')
  await proxy.refuse()
  const topic = freshTopic(t)
  const dir = LogDir.create(t)
  const generator = new LineGenerator({ run: randomRun(), file: 0 })
  dir.appendLines('app.log', [generator.line()])
  const settings = { kafka: { brokers: [proxy.address] }, entries: [{ path: dir.file('*.log'), topic }] }
  const agent = await startAgent(t, settings, { readyMs: 0 })
  await saysItWaits(() => agent.output, proxy.address)
  const { status, body } = await agent.get<{ reason?: string }>('/readyz')
  assert.equal(status, 503)
  assert.match(body.reason ?? '', /Kafka/)

  await proxy.accept()
  await agent.ready()
  const arrived = async (): Promise<boolean> => {
    for await (const _ of readTopicLines({ brokers: kafkaBrokers, topic })) return true
    return false
  }
  await waitFor(arrived, { what: 'the line to be in the topic' })
  assert.equal(await agent.stop(), 0)
})

test('the transfer waits for Kafka and for Elasticsearch, says so, and is ready when both have come', async (t) => {
  const kafka = await TcpProxy.start(t, kafkaBrokers[0] ?? '')
  const elasticsearch = await TcpProxy.start(t, elasticsearchNodes[0] ?? '')
  await Promise.all([kafka.refuse(), elasticsearch.refuse()])
  const settings = {
    kafka: { brokers: [kafka.address], group: randomName('e2e'), topics: [randomName('e2e')] },
    elasticsearch: { nodes: [`http://${elasticsearch.address}`] },
  }
  const transfer = await startTransfer(t, settings, { readyMs: 0 })
  const notReady = async (what: RegExp): Promise<boolean> => {
    const { status, body } = await transfer.get<{ reason?: string }>('/readyz')
    return status === 503 && what.test(body.reason ?? '')
  }
  await waitFor(() => notReady(/Kafka|Elasticsearch/), { what: '/readyz to say what is awaited' })
  await saysItWaits(() => transfer.output, `${kafka.address}|${elasticsearch.address}`)
  await kafka.accept()
  await waitFor(() => notReady(/Elasticsearch/), {
    what: '/readyz to say that Elasticsearch is awaited',
    deadlineMs: 20_000,
  })
  await elasticsearch.accept()
  await transfer.ready()
  assert.equal(await transfer.stop(), 0)
})

/** “Every few seconds”: the address is named twice within a quarter of a minute. */
async function saysItWaits(output: () => string, address: string): Promise<void> {
  const lines = (): number =>
    output()
      .split('\n')
      .filter((line) => new RegExp(address).test(line)).length
  await waitFor(() => lines() >= 2, { what: `two lines that say that ${address} is awaited`, deadlineMs: 15_000 })
}

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysOf } from '@logpipe/config'
import { elasticsearch, randomName, startTransfer, testServers, waitFor } from '@logpipe/testkit'
import { ControlPlane } from './lib/control-plane.ts'

interface Shown {
  entries: { files: { lines: { text: string; parsed?: { fate: string; document?: Record<string, unknown> } }[] }[] }[]
}

test(
  'logctl shows what lines on a live host become, by a pipeline of etcd and by a draft; a bad trial leaves the transfer as it was',
  { timeout: 90_000 },
  async (t) => {
    const fleet = await ControlPlane.open(t, 'try')
    const { store, prefix } = fleet
    const { kafkaBrokers: brokers, etcdEndpoints: endpoints, elasticsearchNodes: nodes } = testServers()
    const topic = `${randomName('try')}_log`
    await store.put(`${prefix}/pipelines/app`, '{"processors":[{"json":{}}]}')
    const { dir } = await fleet.startAgent('agent-0')
    const settings = { kafka: { brokers, topics: [topic], group: topic }, elasticsearch: { nodes }, id: 'blue' }
    const wish = JSON.stringify([{ id: 'app', path: dir.file('*.log'), topic, pipeline: 'app' }])
    dir.append('wish.json', wish)
    dir.appendLines('app.log', ['{"user":{"name":"ada"}}', 'n=7'])
    await fleet.reported(1)

    // No transfer: raw lines, and that is said.
    const preview = ['preview', '--agent', 'agent-0', dir.file('wish.json')]
    const raw = await fleet.logctl(...preview)
    assert.equal(raw.code, 0, raw.stderr)
    assert.match(raw.stderr, /No live transfer is registered/)
    assert.match(raw.stdout, /before pipeline app parses them[^]*^ {4}n=7$/m)

    const transfer = await startTransfer(t, { ...settings, etcd: { endpoints, prefix } })
    const isThere = async (): Promise<boolean> => (await store.list(keysOf(prefix, 'transfer'))).items.length === 1
    await waitFor(isThere, { what: 'the transfer to be registered' })
    const people = await fleet.logctl(...preview, '--wait', '30s')
    assert.equal(people.code, 0, people.stderr)
    assert.match(people.stdout, /^ {4}\{"user":\{"name":"ada"\}\}$[^]*^ {6}= user\.name +ada$/m)
    assert.match(people.stdout, /^ {4}n=7$[^]*^ {6}= error\.message +json: the text is no JSON$/m)
    const shown = JSON.parse((await fleet.logctl(...preview, '--json', '--wait', '30s')).stdout) as Shown
    const [first] = shown.entries[0]?.files[0]?.lines ?? []
    assert.deepEqual([first?.parsed?.fate, first?.parsed?.document?.['user']], ['document', { name: 'ada' }])

    // A draft, on the lines of the host; and one that costs all that a trial may.
    dir.append('draft.json', '{"processors":[{"logfmt":{}}]}')
    const live = ['--agent', 'agent-0', '--path', dir.file('app.log'), '--wait', '30s']
    const tried = await fleet.logctl('pipelines', 'try', '--file', dir.file('draft.json'), ...live)
    assert.match(tried.stdout, /^ {6}= n +7$/m, tried.stdout + tried.stderr)
    const fields = Object.fromEntries(Array.from({ length: 1_000 }, (_, i) => [`f${i}`, '{message}'.repeat(20)]))
    const greedy = { processors: [{ add: { fields } }], budget: { fields: 10_000, bytes: 67_108_864 } }
    dir.append('greedy.json', JSON.stringify(greedy))
    dir.append('long.txt', 'x'.repeat(16_000))
    const starved = await fleet.logctl('pipelines', 'try', '--file', dir.file('greedy.json'), dir.file('long.txt'))
    assert.equal(starved.code, 1, starved.stdout.slice(0, 500) + starved.stderr.slice(0, 500))
    assert.match(starved.stdout + starved.stderr, /not tried|refused/)
    for (const value of ['{', '{"kind":"reboot"}', `[${' '.repeat(1_000_000)}]`]) {
      await store.put(`${keysOf(prefix, 'transferRequest')}blue/${value.length}`, value)
    }
    assert.match((await fleet.logctl('pipelines', 'try', 'app', ...live)).stdout, /= user\.name +ada/)
    assert.ok(transfer.running)

    const left = async (): Promise<number> => (await store.list(keysOf(prefix, 'transferRequest'))).items.length - 3
    await waitFor(async () => (await left()) === 0, { what: 'requests to go' })
    const { count } = await elasticsearch<{ count: number }>(
      nodes[0] ?? '',
      'POST',
      `/logs-${topic}-default/_count?ignore_unavailable=true&allow_no_indices=true`,
      {},
    )
    assert.equal(count, 0, 'nothing was indexed')
  },
)

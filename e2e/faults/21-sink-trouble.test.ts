import assert from 'node:assert/strict'
import { test } from 'node:test'
import { closeAfter, elasticsearch } from '@logpipe/testkit'
import { ownStack } from '../lib/own-stack.ts'
import { TransferRun } from '../lib/transfer-run.ts'
import { whileWriting } from '../lib/while-writing.ts'
import { figures, isLong, timeout } from './figures.ts'

test(
  `Elasticsearch killed under load${isLong ? ', then its disk at the flood stage,' : ''} and back: every line is in the index once`,
  { timeout },
  async (t) => {
    const stack = await ownStack(t, { services: ['elasticsearch'] })
    const [server] = stack.elasticsearch
    const [node = ''] = stack.addresses.elasticsearch.nodes
    const run = await TransferRun.start(t, { node })
    const files = Array.from({ length: 4 }, () => run.open())
    const write = (): Promise<unknown> => Promise.all(files.map((file) => file.write(50)))
    await whileWriting(write, async () => {
      for (let kill = 0; kill < figures.sinkKills; kill++) {
        await run.goesOn()
        await server?.kill()
        await server?.start()
      }
      await run.goesOn()
      // Looking at the disk takes the server 10 s each time; what it does to an index then, the next test does in short, too.
      if (isLong) await atFloodStage(node, () => run.said(/cluster_block_exception|flood-stage/))
      await run.goesOn()
    })
    await run.conserved()
  },
)

/** Makes the disk look full to the server itself, which then blocks its indices, waits for `felt`, and takes it back. */
async function atFloodStage(node: string, felt: () => Promise<void>): Promise<void> {
  const watermarks = (value: string | null): Promise<unknown> => {
    const names = ['low', 'high', 'flood_stage'].map((name) => `cluster.routing.allocation.disk.watermark.${name}`)
    const settings = Object.fromEntries(names.map((name) => [name, value]))
    // How often it looks at the disk: the least that it takes.
    const interval = { 'cluster.info.update.interval': '10s' }
    return elasticsearch(node, 'PUT', '/_cluster/settings', { persistent: { ...settings, ...interval } })
  }
  await watermarks('1000000gb')
  await felt()
  await watermarks(null)
}

test(
  `an index blocked ${figures.indexBlocks} times: another one gets its documents meanwhile, and every line is in the index once`,
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t)
    const files = [run.open(), run.open({ dataset: run.otherDataset })]
    const write = (): Promise<unknown> => Promise.all(files.map((file) => file.write(200)))
    // Not read_only_allow_delete, which the server takes away by itself, twice a minute, where the disk has room.
    const block = (value: true | null): Promise<unknown> =>
      elasticsearch(run.node, 'PUT', `/${run.index}/_settings`, { 'index.blocks.write': value })
    const countAll = async (): Promise<number> => {
      await elasticsearch(run.node, 'POST', `/${run.index}/_refresh`)
      return run.count(run.index)
    }
    /** Documents of the blocked index, when none comes any more: a bulk that had begun before may end long after. */
    const settled = async (): Promise<number> => {
      for (let last = -1; ;) {
        await run.goesOn(4_000, run.otherIndex)
        const now = await countAll()
        if (now === last) return now
        last = now
      }
    }
    await whileWriting(write, async () => {
      for (let i = 0; i < figures.indexBlocks; i++) {
        await run.goesOn(1, run.index)
        await block(true)
        const before = await settled()
        await run.goesOn(2_000, run.otherIndex)
        assert.equal(await countAll(), before, 'the block holds')
        await block(null)
      }
    })
    await run.conserved()
  },
)

test(
  'the block that Elasticsearch puts on indices at the flood stage: it answers 429, lines wait, and every line is in the index once',
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t)
    const file = run.open()
    // The server takes it away by itself, twice a minute, where the disk has room.
    const block = (value: true | null): Promise<unknown> =>
      elasticsearch(run.node, 'PUT', `/${run.index}/_settings`, { 'index.blocks.read_only_allow_delete': value })
    await whileWriting(
      () => file.write(200),
      async () => {
        await run.goesOn(1, run.index)
        await block(true)
        await run.said(/429 cluster_block_exception[^\n]*flood-stage watermark/)
        await block(null)
        await run.goesOn(1_000)
      },
    )
    await run.conserved()
  },
)

test(
  `${figures.rollovers} rollovers while bulks are under way: every line is in one of the indices once`,
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t, { settings: { elasticsearch: { bulkDocs: 500 } } })
    const files = Array.from({ length: 4 }, () => run.open())
    await whileWriting(
      () => Promise.all(files.map((file) => file.write(200))),
      async () => {
        for (let i = 0; i < figures.rollovers; i++) {
          await run.goesOn(500)
          await elasticsearch(run.node, 'POST', `/${run.index}/_rollover`)
        }
        await run.goesOn(500)
      },
    )
    await run.conserved()
  },
)

test(
  `an index deleted ${figures.rollovers} times between bulks: it is made again, and every line written since is in it once`,
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t)
    // This server can delete no data stream, so here it is a plain index, by a template before ours.
    await elasticsearch(run.node, 'PUT', `/_index_template/${run.topic}`, {
      index_patterns: [run.index],
      priority: 500,
    })
    closeAfter(t, async () => {
      await elasticsearch(run.node, 'DELETE', `/${run.index}`).catch(() => undefined)
      await elasticsearch(run.node, 'DELETE', `/_index_template/${run.topic}`)
    })
    const file = run.open({ dataset: run.otherDataset })
    // What is in it is gone with it, so nobody counts these lines.
    const lost = run.openUncounted()
    for (let i = 0; i < figures.rollovers; i++) {
      await whileWriting(
        () => Promise.all([file.write(100), lost.write(100)]),
        async () => {
          await run.goesOn(200, run.index)
          await elasticsearch(run.node, 'DELETE', `/${run.index}`)
          await run.goesOn(200, run.index)
        },
      )
    }
    await run.settled()
    await elasticsearch(run.node, 'DELETE', `/${run.index}`)
    await run.open().write(1_000)
    await run.conserved()
  },
)

test(
  'one document of a hundred has a field that the index knows as another type: it is a dead letter with the reason, the others are indexed',
  { timeout },
  async (t) => {
    const run = await TransferRun.start(t)
    const good = run.open({ fields: { shape: 'round' } })
    await good.write(100)
    await run.indexed()
    await elasticsearch(run.node, 'PUT', `/${run.index}/_mapping`, {
      properties: { labels: { properties: { colour: { properties: { red: { type: 'long' } } } } } },
    })
    const bad = run.open({ fields: { colour: 'green' } })
    const count = figures.conflictLines / 100
    for (let i = 0; i < count / 10; i++) await Promise.all([good.write(990), bad.write(10)])
    const letters = await run.conserved({ dead: count })
    for (const { type, reason, line } of letters) {
      assert.equal(type, 'document_parsing_exception')
      assert.match(reason, /object mapping for \[labels\.colour\] tried to parse field \[colour\] as object/)
      assert.match(String(line), new RegExp(`^${run.run} ${String(bad.generator.file).padStart(5, '0')} `))
    }
  },
)

const wideFields = 1_001
const wideRecords = 20

for (const [how, settings, tags] of [
  ['the usual budget leaves some of them out', {}, ['_budget_exceeded']],
  [
    'the budget takes all, the index does not',
    {
      routes: [{ topics: ['*'], pipeline: 'wide' }],
      pipelines: { wide: { processors: [{ json: {} }], budget: { fields: 2_000 } } },
    },
    undefined,
  ],
] as const) {
  test(
    `records of ${wideFields} fields, ${how}: each is a document with its message, and the lines beside them are in the index once`,
    { timeout },
    async (t) => {
      const run = await TransferRun.start(t, { settings })
      const file = run.open()
      await file.write(500)
      const record = (i: number): Buffer => {
        const fields = Array.from({ length: wideFields - 1 }, (_, field) => [`f${i % 2}_${field}`, field] as const)
        return Buffer.from(JSON.stringify({ message: `wide ${i}`, ...Object.fromEntries(fields) }))
      }
      await run.feeder.produce(Array.from({ length: wideRecords }, (_, i) => record(i)))
      await file.write(500)
      const letters = await run.conserved()
      assert.deepEqual(letters, [])
      const found = await run.foreign()
      const messages = found.map(({ source }) => String(source['message'])).toSorted()
      assert.deepEqual(messages, Array.from({ length: wideRecords }, (_, i) => `wide ${i}`).toSorted())
      for (const { source } of found) assert.deepEqual(source['tags'], tags)
    },
  )
}

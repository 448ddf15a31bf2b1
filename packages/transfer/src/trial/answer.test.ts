import assert from 'node:assert/strict'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { test } from 'node:test'
import { loadSettings, type ParsedSource, type ParseReply, type ParseRequest, Pipeline } from '@logpipe/config'
import { Pipelines } from '../pipeline/pipelines.ts'
import { answerTrials, type TryingOptions } from './answer.ts'

const loaded = loadSettings('transfer', {
  env: {},
  flags: {
    'kafka.brokers': '127.0.0.1:9',
    'kafka.topics': '*_log,metrics',
    'elasticsearch.nodes': 'http://127.0.0.1:9',
    'influxdb.url': 'http://127.0.0.1:9',
    'influxdb.database': 'metrics',
    routes: JSON.stringify([
      { topics: ['metrics'], sink: 'influxdb' },
      { topics: ['routed_log'], pipeline: 'app', dataset: 'shop' },
    ]),
    pipelines: JSON.stringify({
      app: { processors: [{ json: {} }, { drop: { if: { field: 'level', equals: 'debug' } } }] },
    }),
  },
})
assert.ok(loaded.ok)
const { settings } = loaded

function answer(options: Partial<TryingOptions> = {}) {
  const answerOne = answerTrials({ transfer: 't', settings, pipelines: new Pipelines(settings.pipelines), ...options })
  return async (request: object, signal = AbortSignal.timeout(20_000)): Promise<ParseReply | null> =>
    (await answerOne(JSON.stringify({ kind: 'parse', by: 'ada', waitMs: 20_000, ...request }), 'k', signal)) as never
}

const source = (more: object, ...texts: string[]): object => ({
  host: 'web-1',
  ip: '10.0.0.1',
  path: '/var/log/a.log',
  entry: 'app',
  ...more,
  lines: texts.map((text, index) => ({ offset: index * 100, text })),
})

async function sourcesOf(reply: Promise<ParseReply | null>): Promise<ParsedSource[]> {
  const said = await reply
  assert.ok(said?.kind === 'parse', JSON.stringify(said))
  return said.sources
}

test('each line is told by what it becomes: of its own pipeline, of its route, of none, and of one that is not known', async () => {
  const sources = await sourcesOf(
    answer()({
      sources: [
        source(
          { topic: 'a_log', pipeline: 'app', fields: { team: 'blue' }, tags: ['x'] },
          '{"a":{"b":1}}',
          '{"level":"debug"}',
          'no json',
        ),
        source({ topic: 'routed_log' }, '{"a":2}'),
        source({ topic: 'a_log' }, '{"a":3}'),
        source({ topic: 'a_log', pipeline: 'gone' }, 'x'),
      ],
    }),
  )
  const shown = sources.map(({ refused, pipeline, lines }) => [
    refused,
    pipeline,
    ...lines.map((line) => {
      if (line.fate !== 'document') return line.fate
      const { document, index, isParsed } = line
      const error = document['error'] as { message: string } | undefined
      return [index, isParsed, document['a'] ?? error?.message ?? document['message']]
    }),
  ])
  assert.deepEqual(shown, [
    [
      null,
      'app',
      ['logs-a_log-default', true, { b: 1 }],
      'dropped',
      ['logs-a_log-default', false, 'json: the text is no JSON'],
    ],
    [null, 'app', ['logs-shop-default', true, 2]],
    [null, null, ['logs-a_log-default', true, '{"a":3}']],
    [null, 'gone', ['logs-a_log-default', false, "The pipeline 'gone' is not known; the line was not parsed."]],
  ])
  const first = sources[0]?.lines[0]
  assert.ok(first?.fate === 'document')
  const { host, labels, tags, log } = first.document
  assert.deepEqual(
    [host, labels, tags, log],
    [{ name: 'web-1', ip: '10.0.0.1' }, { team: 'blue' }, ['x'], { file: { path: '/var/log/a.log' }, offset: 0 }],
  )
})

test('a draft parses all lines, whatever they name; one that cannot work is refused with its reason', async () => {
  const lines = [source({ topic: 'a_log', pipeline: 'app' }, 'n=7'), source({}, 'n=8')]
  const tried = await sourcesOf(answer()({ draft: { processors: [{ logfmt: {} }] }, sources: lines }))
  assert.deepEqual(
    tried.map(({ pipeline, lines: [line] }) => [pipeline, line?.fate === 'document' && line.document['n']]),
    [
      [null, '7'],
      [null, '8'],
    ],
  )
  for (const [draft, said] of [
    [{ processors: [{ jsom: {} }] }, /processors\[0\]\.jsom is not a setting; did you mean 'json'/],
    [{ processors: [{ grok: { patterns: ['%{NONE:x}'] } }] }, /processors\[0\]\.grok: .*NONE/],
  ] as const) {
    const reply = await answer()({ draft, sources: lines })
    assert.ok(reply?.kind === 'refused')
    assert.match(reply.reason, said)
  }
})

test('topics that this transfer makes no documents of are refused by themselves', async () => {
  const sources = [source({ topic: 'other' }, 'x'), source({ topic: 'metrics' }, 'x'), source({ topic: 'a_log' }, 'x')]
  const [other, metrics, fine] = await sourcesOf(answer()({ sources }))
  assert.match(other?.refused ?? '', /does not read the topic other/)
  assert.match(metrics?.refused ?? '', /goes to InfluxDB/)
  assert.deepEqual([fine?.refused, fine?.lines.length], [null, 1])
  const { elasticsearch: _, ...metricsOnly } = settings
  const [alone] = await sourcesOf(answer({ settings: metricsOnly })({ sources: [source({}, 'x')] }))
  assert.match(alone?.refused ?? '', /InfluxDB alone/)
})

test('what is no request is refused; who has gone is not answered', async () => {
  const refused = await answer()({ sources: [] })
  assert.ok(refused?.kind === 'refused')
  assert.match(refused.reason, /not sound at sources/)
  assert.equal(await answer()({ sources: [source({}, 'x')] }, AbortSignal.abort()), null)
})

/** A pipeline that needs a long time for each line. */
const regex = { patterns: ['(?P<a>(?:x?){300}[^x])'], ignoreFailure: true }
const slow = { processors: Array.from({ length: 100 }, () => ({ regex })) }

test('a pipeline that takes too long ends with its time, tells what came before, and holds up nothing else', async () => {
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  const began = performance.now()
  const lines = Array.from({ length: 500 }, () => 'x'.repeat(1_000))
  const sources = await sourcesOf(
    answer({ limits: { workMs: 1_000, heapMiB: 128 } })({
      draft: slow,
      sources: [source({}, 'fine'), source({}, ...lines)],
    }),
  )
  delay.disable()
  assert.ok(performance.now() - began < 10_000)
  const last = sources[1]?.lines.at(-1)
  assert.deepEqual(last, { fate: 'unknown', reason: 'Time was over before it was tried.' })
  assert.equal(sources[1]?.lines.length, 500)
  assert.ok(delay.max / 1e6 < 1_000, `this thread stood for ${delay.max / 1e6} ms`)
})

test('a pipeline that takes too much memory ends alone; large documents and large answers are cut short', async () => {
  const fields = Object.fromEntries(Array.from({ length: 2_000 }, (_, i) => [`f${i}`, '{message}{message}']))
  const budget = { fields: 10_000, bytes: 64 * 1_048_576 }
  const big = { processors: [{ add: { fields } }], budget }
  const [large] = await sourcesOf(answer()({ draft: big, sources: [source({}, 'x'.repeat(10_000))] }))
  assert.equal(large?.lines[0]?.fate, 'unknown')
  const greedy = answer({ limits: { workMs: 20_000, heapMiB: 24 } })
  const starved = await greedy({
    draft: big,
    sources: [source({}, ...Array.from({ length: 20 }, () => 'x'.repeat(16_000)))],
  })
  assert.ok(starved?.kind === 'parse')
  const some = { processors: [{ add: { fields: { copy: '{message}{message}' } } }] }
  const many = Array.from({ length: 50 }, () => 'x'.repeat(9_000))
  const cut = await answer()({ draft: some, sources: [source({}, ...many)] })
  assert.ok(cut?.kind === 'parse' && JSON.stringify(cut).length < 524_288)
  const fates = cut.sources[0]?.lines.map(({ fate }) => fate) ?? []
  assert.deepEqual([fates[0], fates.at(-1), fates.length], ['document', 'unknown', 50])
})

test('it rests for as long as it has worked', async () => {
  const ask = answer()
  const request: Partial<ParseRequest> | object = { sources: [source({ topic: 'a_log', pipeline: 'app' }, '{}')] }
  const began = performance.now()
  await ask(request)
  const workedMs = performance.now() - began
  await ask(request)
  assert.ok(performance.now() - began > 2 * workedMs)
  assert.ok(Pipeline.safeParse(new Pipelines(settings.pipelines).spec('app')).success)
})

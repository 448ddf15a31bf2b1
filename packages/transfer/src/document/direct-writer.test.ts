import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Pipeline, type PipelineInput } from '@logpipe/config'
import type { PlainRecord } from '@logpipe/kafka'
import fc from 'fast-check'
import { pipelineOf } from '../pipeline/test-event.ts'
import { Pipelines } from '../pipeline/pipelines.ts'
import { type Item, own, readMs, source, write, type WriterOptions } from '../test-document.ts'

const parsedSource = { ...source, pipeline: 'app' }
const ownFormat =
  '$time_iso8601 $host "$request" <$status> $request_time "$upstream_response_time" $http_x "$args" $scheme'
const upstreams = '$status $upstream_addr $upstream_response_time $request_time'
const addresses = '$remote_addr:$remote_port $http_x_forwarded_for $status'
const formats = [
  upstreams,
  addresses,
  'nginx',
  'apache',
  'apacheVhost',
  ownFormat,
  '%v %p %a [%{X}i] "%r" %>s %I %D %q',
  '$msec|$remote_user|$http_x_forwarded_for|$server_protocol|$peer_addr',
]

function optionsOf(processors: PipelineInput['processors'], more: Partial<PipelineInput> = {}): WriterOptions {
  const pipelines = new Pipelines({ app: Pipeline.parse({ ...more, processors }) })
  return { parsing: { pipelines, binary: 'deadLetter' }, defaults: { pipeline: 'app' } }
}

/** The documents that the direct way makes, and those of the tree: the condition always holds, but one that has any takes that way. */
async function bothWays(
  format: string,
  records: readonly PlainRecord[],
): Promise<[direct: Item[], tree: Item[], texts: string[]]> {
  const direct = await write(records, optionsOf([{ accessLog: { format } }]))
  const tree = await write(records, optionsOf([{ accessLog: { format, if: { field: 'message' } } }]))
  assert.deepEqual(direct.written, tree.written)
  const texts = [direct, tree].map(({ bulk }) => bulk.body.toString('utf8', 0, bulk.byteLength))
  return [direct.items, tree.items, texts]
}

const time = '20/Nov/2026:20:59:58 +0000'
const request = '"GET /a/b.png?x=1 HTTP/1.1"'
const head = `203.0.113.7 - ann [${time}] ${request} 200 612`
const browser = 'Mozilla/5.0 (X11; Linux x86_64) "}{,'.replace('"', '')
const common = [
  head,
  `${head} "-" "${browser}"`,
  `${head} "https://example.org/" "${browser}" "10.0.0.1, 10.0.0.2" 0.012`,
  `203.0.113.7 - - [${time}] ${request} 304 0 "https://example.org/" "${browser}" 5012`,
  `2001:db8::7 - ä [${time}] "POST /ü HTTP/2.0" 201 7 "-" "\ufeff€😀"`,
]
const usual: [format: string, line: string][] = [
  ...common.flatMap((line): [string, string][] => [
    ['nginx', line],
    ['apache', line],
    ['apacheVhost', `shop.example.com:443 ${line}`],
  ]),
  [ownFormat, `2026-11-20T20:59:58+00:00 shop ${request} <200> 0.120 "0.100" t-1 "a=b" https`],
  [addresses, '203.0.113.7:51234 10.0.0.1 200'],
  ['%v %p %a [%{X}i] "%r" %>s %I %D %q', `shop 443 10.1.2.3 [x] ${request} 200 99 5012 ?a=b`],
  ['$msec|$remote_user|$http_x_forwarded_for|$server_protocol|$peer_addr', '1795208398.250|ann|10.0.0.1|HTTP/1.1|::1'],
]

test('times of several upstreams go the other way, and are the same on both', async () => {
  const lines = [
    '502 a, b : c 0.010, 0.005 : - 0.020',
    '502 - : b - : 0.1 0.2',
    '502 -, b 0.1 0.2',
    '200 a, 0.1 0.2',
    '200 : a : 0.1',
    '200 : a 0.1 0.2',
  ]
  const [direct, tree] = await bothWays(
    upstreams,
    lines.map((line, index) => own(line, index, parsedSource)),
  )
  assert.deepEqual(direct, tree)
  const plain = Buffer.from('200 10.0.0.1:80 0.010 0.020')
  assert.equal(pipelineOf({ accessLog: { format: upstreams } }).direct?.find(plain, 0, plain.length, readMs), true)
})

test('a host in brackets goes the other way, and is the same on both', async () => {
  const hosts = ['[2001:db8::1]:443', '[::1]:80', '[a:80', '[]:1', '[:', 'a:[1]:80']
  const lines = hosts.map((host, index) => own(`${host} ${head}`, index, parsedSource))
  const [direct, tree] = await bothWays('apacheVhost', lines)
  assert.deepEqual(direct, tree)
})

test('addresses of IPv6 before a port, and several that were forwarded, are the same on both ways', async () => {
  const hosts = ['2001:db8::7:51234', '::1:80', 'cafe:443', 'c:a:f:e:80', ':80', '::', '1.2.3.4:80', 'abcde::1:80']
  const lines = hosts.flatMap((host) => [`${host} 10.0.0.1, ::2 200`, `${host} 10.0.0.1 : 2 200`, `${host} - 200`])
  const records = lines.map((line, index) => own(line, index, parsedSource))
  const [direct, tree] = await bothWays(addresses, records)
  assert.deepEqual(direct, tree)
})

test('usual lines go the direct way, and become byte for byte what the tree makes of them', async () => {
  for (const [format, line] of usual) {
    const { direct } = pipelineOf({ accessLog: { format } })
    const bytes = Buffer.from(line)
    assert.equal(direct?.find(bytes, 0, bytes.length, readMs), true, line)
    const foreign = { value: bytes, timestampMs: readMs }
    const [, , [first, second]] = await bothWays(format, [own(line, 7, parsedSource), foreign])
    assert.equal(first, second)
  }
})

test('of times that follow each other each line has its own', async () => {
  const times = ['20/Nov/2026:20:59:58', '20/Nov/2026:20:59:59', '20/Nov/2026:20:59:59', '20/Nov/2026:20:58:59']
  times.push('20/Nov/2026:20:58:60', '20/Nov/2026:20:58:61', '20/Nov/2026:20:58:01', '19/Nov/2026:20:58:01')
  const long = ['02/September/2026:20:59:58', '02/September/2026:19:59:58', '02/September/2026:19:58:58']
  const texts = ['+0000', '+0200', '-0000'].flatMap((zone) => [...times, ...long].map((text) => `${text} ${zone}`))
  const records = texts.map((text, index) => own(head.replace(time, text), index, parsedSource))
  const [direct, tree] = await bothWays('nginx', records)
  assert.deepEqual(direct, tree)
  const iso = texts.map((_, index) =>
    own(`2026-11-20T20:59:5${index % 7}+00:00 shop ${request} <200>`, index, parsedSource),
  )
  const [ownDirect, ownTree] = await bothWays('$time_iso8601 $host "$request" <$status>', iso)
  assert.deepEqual(ownDirect, ownTree)
})

test('what has more to be looked after goes the other way', () => {
  const unusual = [
    head.replace('/a/b.png', '/say\\x22'),
    head.replace('ann', 'a\\b'),
    head.replace(time, '31/Feb/2026:20:59:58 +0000'),
    head.replace(' 612', ' 0612'),
    head.slice(0, 40),
    `${head} "-" "a \\" b"`,
    `${head} "${'x'.repeat(20_000)}"`,
  ]
  const { direct } = pipelineOf({ accessLog: {} })
  for (const line of unusual.map((text) => Buffer.from(text)))
    assert.equal(direct?.find(line, 0, line.length, readMs), false, line.toString())
})

test('pipelines that do more than take a line apart, or whose fields meet, have no direct way', () => {
  const none: PipelineInput['processors'][] = [
    [{ accessLog: {} }, { level: {} }],
    [{ accessLog: { if: { field: 'message' } } }],
    [{ accessLog: { field: 'text' } }],
    [{ accessLog: { format: 'nginxError' } }],
    [{ accessLog: { format: '"$request" $request_uri' } }],
    [{ accessLog: { format: '$time_local $msec' } }],
    [{ accessLog: { format: '$status § $request' } }],
    [{ json: {} }],
  ]
  for (const processors of none) assert.equal(pipelineOf(...processors).direct, null)
})

test('a budget that is too small is kept to, as the other way does it', async () => {
  for (const budget of [{ fields: 3 }, { depth: 2 }, { bytes: 1_024 }]) {
    const line = `${head} "https://example.org/${'x'.repeat(1_100)}" "${browser}"`
    const records = [own(line, 0, parsedSource)]
    const parts: Partial<PipelineInput> = { budget }
    const direct = await write(records, optionsOf([{ accessLog: {} }], parts))
    const tree = await write(records, optionsOf([{ accessLog: { if: { field: 'message' } } }], parts))
    assert.deepEqual(direct.items, tree.items)
    assert.deepEqual(direct.items[0]?.source['tags'], ['_budget_exceeded'])
  }
})

test('any line becomes the same document on both ways, of our own and of another producer', async () => {
  const odd = [
    ' ',
    '-',
    '"',
    '\\',
    '" "',
    '[',
    ']',
    '|',
    '?',
    ':',
    ',',
    '.',
    '0',
    '00',
    ' HTTP/',
    'é',
    '\u0001',
    '::',
    '10.0.0.1',
  ]
  const piece = fc.oneof(fc.constantFrom(...odd), fc.string({ unit: 'binary', maxLength: 4 }))
  const edit = fc.tuple(fc.nat(200), fc.nat(8), piece)
  const kinds = fc.constantFrom(...usual.map(([format, line]) => ({ format, line })))
  const changed = fc
    .tuple(kinds, fc.array(edit, { maxLength: 3 }), fc.boolean())
    .map(([{ format, line }, edits, swap]) => {
      let text = line
      for (const [at, length, put] of edits) {
        const place = at % (text.length + 1)
        text = text.slice(0, place) + put + text.slice(place + length)
      }
      return { format: swap ? (formats[text.length % formats.length] as string) : format, line: text }
    })
  const broken = fc.tuple(fc.nat(200), fc.integer({ min: 0x80, max: 0xff }))
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(changed, fc.option(broken)), { minLength: 40, maxLength: 80 }),
      async (lines) => {
        for (const [format, some] of Map.groupBy(lines, ([{ format }]) => format)) {
          const records = some.flatMap(([{ line }, put], index) => {
            const bytes = Buffer.from(line)
            if (put !== null && bytes.length > 0) bytes[put[0] % bytes.length] = put[1]
            return [own(bytes, index, parsedSource), { value: bytes, timestampMs: readMs }]
          })
          const [direct, tree, texts] = await bothWays(format, records)
          assert.deepEqual(direct, tree)
          // A name that stood twice would be one in the parsed object.
          assert.equal(texts[0]?.length, texts[1]?.length)
        }
      },
    ),
    { numRuns: 25 },
  )
})

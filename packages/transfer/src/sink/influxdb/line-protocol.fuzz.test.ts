import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { influxql, randomName, testInfluxdb } from '@logpipe/testkit'
import { InfluxdbClient } from './client.ts'
import { escapeName } from './escape.ts'
import { pointOfJson } from './json-point.ts'
import { LineScanner } from './line-scanner.ts'
import { errorMessage } from './response.ts'

// The judge is the real server's own parser.
const url = await testInfluxdb({ after })
const client = new InfluxdbClient({ url, requestTimeoutMs: 20_000, inFlight: 1 })
after(() => client.close())

async function freshDatabase(t: { after(close: () => Promise<unknown>): void }): Promise<string> {
  const database = randomName('fuzz')
  await influxql(url, `CREATE DATABASE "${database}"`)
  t.after(() => influxql(url, `DROP DATABASE "${database}"`))
  return database
}

/** What InfluxDB says against this body; empty when it takes it. */
async function write(database: string, body: string): Promise<string> {
  const query = { db: database, precision: 'n' }
  const request = { method: 'POST' as const, path: '/write', query, body: Buffer.from(body) }
  const response = await client.request(request, AbortSignal.timeout(20_000))
  return response.status === 204 ? '' : (errorMessage(response.body) ?? `status ${response.status}`)
}

/** Lines nearly right: each part is one of a few that matter to some step of InfluxDB's parser. */
const name = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.constantFrom('a', 'd\\e', 'é', 'x"y', 'a\\,', '\\=b', 'c\\ ', 'C:\\x', '\\\\s', '\\"', '#'),
  },
  { weight: 1, arbitrary: fc.constantFrom('b c', 'x,y', 'C:\\', '\\\\', 'x\\\\"', 'x\\\\,', '=', '') },
  { weight: 2, arbitrary: fc.string({ unit: fc.constantFrom('a', '\\', '"', '\\ ', '\\,', '\\='), maxLength: 6 }) },
)
const number = fc.constantFrom('1', '-1i', '2u', '.5', '-.5', '1.', '1e5', '-1.5E-3', '00', '007i', '-0', 't', 'False')
const noNumber = fc.constantFrom('1e400', '+1', '--1', 'i', '-', '.', 'e1', '1e', 'no', '', '9223372036854775808i')
const quoted = fc
  .array(fc.constantFrom('a', 'é', ' ', ',', '=', '\n', '\\"', '\\\\', '#', '\\n', '\u0000'), { maxLength: 8 })
  .map((parts) => `"${parts.join('')}"`)
const value = fc.oneof(
  { weight: 8, arbitrary: number },
  { weight: 8, arbitrary: quoted },
  { weight: 1, arbitrary: noNumber },
  { weight: 1, arbitrary: fc.constantFrom('"', '"\\"', '"a"b', '"a""') },
)
const tail = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('', ' ', '\r', '  ') },
  { weight: 1, arbitrary: fc.constantFrom('\\', '\t', ' x', ',') },
)
const line = fc
  .record({
    tags: fc.array(fc.tuple(name, name), { maxLength: 2 }),
    fields: fc.array(fc.tuple(name, value), { minLength: 1, maxLength: 3 }),
    blanks: fc.constantFrom(' ', '  '),
    tail,
  })
  .map(({ tags, fields, blanks, tail: end }) => {
    const key = tags.map(([tag, text]) => `,${tag}=${text}`).join('')
    return `${key}${blanks}${fields.map(([field, text]) => `${field}=${text}`).join(',')}${end}`
  })

test('InfluxDB reads every line that the scanner lets pass as one point, and the line behind it as another', async (t) => {
  const database = await freshDatabase(t)
  const scanner = new LineScanner('ns')
  let passed = 0
  let taken = 0
  let run = 0
  await fc.assert(
    fc.asyncProperty(line, async (text) => {
      const bytes = Buffer.from(`m${++run}${text}`)
      scanner.reset(bytes, 0, bytes.length)
      if (!scanner.next()) return
      const key = bytes.toString('utf8', scanner.keyStart, scanner.keyEnd)
      const fields = bytes.toString('utf8', scanner.fieldsStart, scanner.fieldsEnd)
      const error = await write(database, `${key},r=${run} ${fields} ${run}\ncanary n=${run}i ${run}\n`)
      // What the scanner leaves to the server: a tag that stands twice, a field that has two types, 2.x's unsigned numbers.
      if (/duplicate tags|field type conflict|invalid number/.test(error)) {
        if (error.includes('invalid number')) assert.match(fields, /\du(?:,|$)/, error)
        assert.equal(await write(database, `canary n=${run}i ${run}\n`), '')
      } else {
        assert.equal(error, '', JSON.stringify(text))
        const points = await influxql(url, `SELECT * FROM m${run} WHERE time = ${run} AND r = '${run}'`, database)
        assert.equal(points.length, 1, JSON.stringify(text))
        taken++
      }
      passed++
    }),
    { numRuns: 1_500 },
  )
  assert.ok(passed > 150, `${passed} lines passed`)
  const [canaries] = await influxql(url, 'SELECT count(n) FROM canary', database)
  assert.equal(canaries?.['count'], passed)
  // A point that is refused for the type of a field leaves its series behind.
  const series = await influxql(url, 'SHOW SERIES', database)
  assert.ok(series.length > taken && series.length <= passed + 1, 'no point but these')
})

const text = fc.string({
  unit: fc.constantFrom('a', 'é', '😀', '\\', '"', ' ', ',', '=', '\n', '\r', '\t', '\u0000', '#', "'"),
  minLength: 1,
  maxLength: 8,
})

test('what a JSON record holds is what InfluxDB has, but for what line protocol cannot carry', async (t) => {
  const database = await freshDatabase(t)
  let run = 0
  const measurements = new Set<string>()
  const unescaped = (escaped: string): string => escaped.replaceAll(/\\([,= ])/g, '$1')
  await fc.assert(
    fc.asyncProperty(
      text,
      text,
      text,
      fc.integer(),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      async (tag, label, note, int, float) => {
        run++
        const number = Number.isInteger(float) ? `${BigInt(float) % 10n ** 15n}.0` : String(float)
        const head = `{"name":${JSON.stringify(`m${tag}`)},"tags":{"label":${JSON.stringify(label)}}`
        const json = `${head},"fields":{"note":${JSON.stringify(note)},"int":${int},"float":${number}},"timestamp":${run}}`
        const point = pointOfJson(json, [], 0, 'ns')
        assert.ok('line' in point, JSON.stringify(point))
        assert.equal(await write(database, point.line), '', json)
        const rows = await influxql(url, `SELECT * FROM /.*/ WHERE time = ${run}000000`, database)
        const [row] = rows
        assert.equal(rows.length, 1, json)
        assert.equal(row?.['note'], note)
        assert.equal(row['int'], int)
        assert.equal(row['float'], Number(number))
        // Escaping changes nothing but what it must.
        assert.equal(row['label'], unescaped(escapeName(label)), json)
        measurements.add(unescaped(escapeName(`m${tag}`)))
      },
    ),
    { numRuns: 300 },
  )
  const stored = await influxql(url, 'SHOW MEASUREMENTS', database)
  assert.deepEqual(new Set(stored.map((row) => row['name'])), measurements)
})

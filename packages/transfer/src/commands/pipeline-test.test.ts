import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { type TestContext, test } from 'node:test'
import { isLogpipeError } from '@logpipe/runtime'
import { runProgram } from '@logpipe/testkit'
import fc from 'fast-check'
import { linesOf, type NumberedLine } from './lines.ts'
import { pipelineTest } from './pipeline-test.ts'

async function folder(t: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'logpipe-pipeline-'))
  t.after(() => rm(path, { recursive: true }))
  return path
}

interface Shown {
  code: number
  out: string
  remarks: string
}

/** Runs the command on these lines. */
async function show(t: TestContext, lines: string | Buffer, spec: string, json = false): Promise<Shown> {
  const path = await folder(t)
  await writeFile(join(path, 'app.log'), lines)
  await writeFile(join(path, 'spec.yaml'), spec)
  const [out, remarks]: [string[], string[]] = [[], []]
  const into = (list: string[]): Writable =>
    new Writable({
      write(chunk: Buffer, _encoding, done) {
        list.push(chunk.toString())
        done()
      },
    })
  const output = { stdout: into(out), stderr: into(remarks), isTerminal: false }
  const code = await pipelineTest(join(path, 'app.log'), { spec: join(path, 'spec.yaml'), json }, output)
  return { code, out: out.join(''), remarks: remarks.join('') }
}

const spec = `
processors:
  - json: { keepOriginal: false }
  - drop: { if: { field: a, equals: 2 } }
`

test('each line is shown with the fields that it becomes; controls are written out', async (t) => {
  const { code, out, remarks } = await show(t, '{"a":1,"b":{"c":"\\u001b[31m"}}\r\n{"a":2}\nnot \u001b[2J json', spec)
  assert.equal(code, 1)
  const shown = out.replaceAll(/^ +(@timestamp|host\.name) .*\n/gm, '')
  assert.equal(
    shown,
    `1  {"a":1,"b":{"c":"\\u001b[31m"}}
    a           1
    b.c         \\e[31m
2  {"a":2}
    dropped
3  not \\e[2J json
    tags           ["_json_failure"]
    error.message  json: the text is no JSON
`,
  )
  assert.equal(remarks, '3 lines: 1 parsed, 1 dropped, 1 could not be parsed.\n')
})

test('as JSON each line is an object with the document that would be indexed', async (t) => {
  const { code, out } = await show(t, '{"a":1}\n{"a":2}\n', spec, true)
  assert.equal(code, 0)
  const [first, second] = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  assert.deepEqual(second, { line: 2, offset: 8, document: null })
  const document = first?.['document'] as Record<string, Record<string, unknown>>
  assert.deepEqual([document['a'], document['log']?.['offset'], document['message']], [1, 0, '{"a":1}'])
})

test('a byte order mark is of no line, as the agent reads files', async (t) => {
  const { code, out } = await show(t, '\ufeff{"a":1}\n\ufeff{"a":1}\n', spec, true)
  const [first, second] = out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { offset: number; document: { a?: number } })
  assert.deepEqual([code, first?.offset, second?.offset], [1, 3, 11])
  assert.equal(first?.document.a, 1)
})

test('a spec that cannot work is told with its line', async (t) => {
  for (const [wrong, said] of [
    ['processors:\n  - jsom: {}\n', /processors\[0\]\.jsom is not a setting; did you mean 'json'\? .*spec\.yaml:2/],
    ['processors: [', /is not valid YAML/],
    ['processors:\n  - add: { fields: { a: "{x" } }\n', /processors\[0\]\.add: fields\.a has a brace/],
  ] as const) {
    await assert.rejects(
      show(t, 'x', wrong),
      (error) => isLogpipeError(error, 'settings_invalid') && said.test(error.message),
    )
  }
})

test('the program tries a pipeline of its settings, and names those that it knows', async (t) => {
  const path = await folder(t)
  const settings = {
    kafka: { brokers: ['127.0.0.1:1'], topics: ['a'] },
    elasticsearch: { nodes: ['http://127.0.0.1:1'] },
    pipelines: { app: { processors: [{ logfmt: {} }] } },
  }
  await writeFile(join(path, 'settings.json'), JSON.stringify(settings))
  await writeFile(join(path, 'app.log'), 'n=7\n')
  const run = (name: string): ReturnType<typeof runProgram> => {
    const config = ['--config', join(path, 'settings.json')]
    return runProgram('logtransfer', {
      args: ['pipeline', 'test', join(path, 'app.log'), '--pipeline', name, ...config],
    })
  }
  const [known, unknown] = await Promise.all([run('app'), run('ap')])
  assert.equal(known.code, 0, known.stderr)
  assert.match(known.stdout, /^1 {2}n=7\n[^]* {4}n +7\n$/)
  assert.equal(unknown.code, 2)
  assert.match(unknown.stderr, /^logtransfer: There is no pipeline 'ap' in the settings\. The settings name app\.\n$/)
})

test('any bytes in any chunks are the lines that they are, with their offsets', async () => {
  const bytes = fc.uint8Array({ maxLength: 40 }).map((each) => Buffer.from(each.map((byte) => (byte < 60 ? 10 : byte))))
  await fc.assert(
    fc.asyncProperty(fc.array(bytes), async (chunks) => {
      const all = Buffer.concat(chunks)
      const lines: NumberedLine[] = []
      for await (const portion of linesOf(Readable.from(chunks, { objectMode: true }))) lines.push(...portion)
      const expected = all.toString('latin1').split('\n')
      if (expected.at(-1) === '') expected.pop()
      assert.deepEqual(
        lines.map((line) => line.bytes.toString('latin1')),
        expected,
      )
      for (const { offset, bytes: line, number } of lines) {
        assert.ok(all.subarray(offset, offset + line.length).equals(line))
        assert.equal(number, lines.findIndex((each) => each.offset === offset) + 1)
      }
    }),
  )
})

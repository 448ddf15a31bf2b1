import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { readPipelineFile } from '@logpipe/config'
import { type CompiledPipeline, compilePipeline } from './compile.ts'
import { PipelineEvent } from './event.ts'
import { readMs } from './test-event.ts'

const presets = new URL('../../../../docs/pipelines/', import.meta.url)
/** Real logs with the fields that people agreed on; they lie beside the repository. */
const samples =
  process.env['LOGPIPE_TEST_SAMPLES'] ?? fileURLToPath(new URL('../../../../../shared/samples', import.meta.url))

function preset(name: string): CompiledPipeline {
  const checked = readPipelineFile(fileURLToPath(new URL(`${name}.yaml`, presets)))
  assert.ok(checked.ok, JSON.stringify(checked))
  return compilePipeline(checked.value)
}

function run(pipeline: CompiledPipeline, line: string): PipelineEvent {
  const event = new PipelineEvent(line, readMs)
  pipeline.run(event)
  return event
}

const examples: Record<string, string> = {
  android: '03-17 16:13:38.811  1702  2395 D WindowManager: allDrawn= false',
  'apache-error': '[Sun Dec 04 04:47:44 2005] [error] mod_jk child workerEnv in error state 6',
  hdfs: '081109 203615 148 INFO dfs.DataNode$PacketResponder: PacketResponder 1 terminating',
  nginx: '::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 2032 "-" "curl/8"',
  'nginx-error': '2015/05/17 10:05:03 [error] 1234#5678: *99 open() failed, client: ::1, server: _',
  spark: '17/06/09 20:10:40 INFO spark.SecurityManager: Changing view acls to: yarn,curi',
  syslog: 'Jun 14 15:16:01 combo sshd(pam_unix)[19939]: authentication failure',
}

test('every example of docs/pipelines is a pipeline that takes a line of its kind', () => {
  const names = readdirSync(presets).map((file) => file.replace(/\.yaml$/, ''))
  assert.deepEqual(names.toSorted(), Object.keys(examples).toSorted())
  for (const name of names) {
    const event = run(preset(name), examples[name] as string)
    assert.deepEqual(event.tags, [], name)
    assert.notEqual(event.timestampMs, readMs, name)
    assert.equal(event.get('time'), undefined)
  }
})

test('a line of log4j is taken with the stack trace that the agent joined to it', () => {
  for (const name of ['hdfs', 'spark']) {
    const event = run(preset(name), `${examples[name]}\njava.io.IOException: x\n\tat a.b(C.java:1)`)
    assert.deepEqual(event.tags, [], name)
    assert.match(String(event.get('log.content')), /\n\tat a\.b\(C\.java:1\)$/)
  }
})

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ')
const androidLevels: Record<string, string> = { V: 'trace', D: 'debug', I: 'info', W: 'warn', E: 'error' }

type Row = Record<string, string>
interface System {
  name: string
  preset: string
  /** What the event must hold, by a person's reading; the time from its first character that is known, as ISO 8601. */
  expected: (row: Row) => { time: string; fields: Record<string, string | number | undefined> }
}

const systems: System[] = [
  {
    name: 'Android',
    preset: 'android',
    expected: ({ Date: date, Time, Pid, Tid, Level = '', Component, Content }) => ({
      time: `${date}T${Time}`,
      fields: {
        'process.pid': Number(Pid),
        'process.thread.id': Number(Tid),
        'log.level': androidLevels[Level],
        'log.logger': Component,
        'log.content': Content,
      },
    }),
  },
  {
    name: 'Apache',
    preset: 'apache-error',
    expected: ({ Time = '', Level, Content }) => {
      const [, month = '', day, time, year] = Time.split(' ')
      return {
        time: `${year}-${monthOf(month)}-${day}T${time}`,
        fields: { 'log.level': Level, 'log.content': Content },
      }
    },
  },
  {
    name: 'HDFS',
    preset: 'hdfs',
    expected: ({ Date: date = '', Time = '', Pid, Level = '', Component, Content }) => ({
      time: `20${pairs(date).join('-')}T${pairs(Time).join(':')}`,
      fields: {
        'process.thread.id': Number(Pid),
        'log.level': Level.toLowerCase(),
        'log.logger': Component,
        'log.content': Content,
      },
    }),
  },
  {
    name: 'Linux',
    preset: 'syslog',
    // The column Level holds the host's name.
    expected: ({ Month = '', Date: day = '', Time, Level, Component, PID, Content }) => ({
      time: `${monthOf(Month)}-${day.padStart(2, '0')}T${Time}`,
      fields: {
        'host.hostname': Level,
        'process.name': Component,
        'process.pid': PID === '' ? undefined : Number(PID),
        'log.content': Content,
      },
    }),
  },
  {
    name: 'OpenSSH',
    preset: 'syslog',
    // The column Date holds the month, and Component the host's name.
    expected: ({ Date: month = '', Day = '', Time, Component, Pid, Content }) => ({
      time: `${monthOf(month)}-${Day.padStart(2, '0')}T${Time}`,
      fields: {
        'host.hostname': Component,
        'process.name': 'sshd',
        'process.pid': Number(Pid),
        'log.content': Content,
      },
    }),
  },
  {
    name: 'Spark',
    preset: 'spark',
    expected: ({ Date: date = '', Time, Level = '', Component, Content }) => ({
      time: `20${date.replaceAll('/', '-')}T${Time}`,
      fields: { 'log.level': Level.toLowerCase(), 'log.logger': Component, 'log.content': Content },
    }),
  },
]

function monthOf(name: string): string {
  return String(months.indexOf(name) + 1).padStart(2, '0')
}

function pairs(digits: string): string[] {
  return digits.match(/../g) ?? []
}

/** They lie beside this repository, not in it: elsewhere there is nothing to check, and a folder that somebody names must be there. */
const isCheckable = existsSync(samples) || process.env['LOGPIPE_TEST_SAMPLES'] !== undefined
if (!isCheckable)
  process.stderr.write(`NOT CHECKED: no samples in ${samples}; LOGPIPE_TEST_SAMPLES names another folder.\n`)

for (const system of isCheckable ? systems : []) {
  test(`${system.name}: time, level, component and content are what people read, in 99.9 % of the lines`, () => {
    const stem = `${samples}/${system.name}/${system.name}_2k.log`
    const lines = readFileSync(stem, 'utf8')
      .split(/\r?\n/)
      .filter((line) => line !== '')
    const rows = readRows(readFileSync(`${stem}_structured.csv`, 'utf8'))
    assert.equal(lines.length, rows.length)
    const pipeline = preset(system.preset)
    const wrong = lines.flatMap((line, i) => differences(run(pipeline, line), system.expected(rows[i] as Row)))
    assert.ok(wrong.length <= lines.length / 1_000, `${wrong.length} wrong: ${wrong.slice(0, 5).join('; ')}`)
  })
}

function differences(event: PipelineEvent, { time, fields }: ReturnType<System['expected']>): string[] {
  const found = new Date(event.timestampMs).toISOString()
  const wrong = found.includes(time) ? [] : [`time ${found}, not ${time}`]
  for (const [path, value] of Object.entries(fields)) {
    const is = event.get(path)
    // The tables hold no blanks at the ends.
    if ((typeof is === 'string' ? is.trim() : is) !== value) wrong.push(`${path} ${String(is)}, not ${value}`)
  }
  return wrong.length === 0 ? [] : [wrong.join(', ')]
}

/** The rows of a CSV with a header, by the names of its columns. */
function readRows(csv: string): Row[] {
  const table: string[][] = [[]]
  for (const [, quoted, plain = '', end] of csv.matchAll(/(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/g)) {
    table.at(-1)?.push(quoted?.replaceAll('""', '"') ?? plain)
    if (end === '') break
    if (end !== ',') table.push([])
  }
  const [header = [], ...rows] = table.filter((row) => row.length > 1)
  return rows.map((row) => Object.fromEntries(header.map((name, i) => [name, row[i] ?? ''])))
}

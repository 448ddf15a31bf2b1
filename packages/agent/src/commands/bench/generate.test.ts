import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { LogDir, Program, waitFor } from '@logpipe/testkit'
import { type RanHere, runHere } from '../../testing/run-here.ts'
import type { Generated } from './generate.ts'

function generate(...args: string[]): Promise<RanHere> {
  return runHere(['bench', 'generate', ...args])
}

function generated({ code, stdout, stderr }: RanHere): Generated {
  assert.equal(code, 0, stderr)
  return JSON.parse(stdout) as Generated
}

/** The numbers of the lines of a run, as they stand in the files from the oldest to the newest; all of them must be whole. */
function numbers(dir: LogDir, run: string, names: readonly string[], lineBytes = 226): number[] {
  const text = names.map((name) => readFileSync(dir.file(name), 'utf8')).join('')
  assert.ok(text.endsWith('\n'))
  for (const line of text.split('\n')) if (line.includes(run)) assert.equal(line.length, lineBytes - 1, line)
  return [...text.matchAll(/"GET \/(\w+)\/(\d{12}) HTTP/g)].filter(([, of]) => of === run).map(([, , n]) => Number(n))
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i)

test('so many lines of that length, numbered without a gap, are appended', async (t) => {
  const dir = LogDir.create(t)
  dir.append('x.log', 'there before\n')
  const { run, lines, bytes, rotations } = generated(
    await generate('--path', dir.file('x.log'), '--lines', '5000', '--line-bytes', '150', '--json'),
  )
  assert.deepEqual([lines, bytes, rotations], [5_000, 750_000, 0])
  assert.deepEqual(numbers(dir, run, ['x.log'], 150), upTo(5_000))
  const [before, ...written] = readFileSync(dir.file('x.log'), 'latin1').split('\n')
  assert.equal(before, 'there before')
  assert.deepEqual(new Set(written.slice(0, -1).map((line) => line.length)), new Set([149]))
  assert.match(written[0] ?? '', /^203\.0\.113\.\d{3} - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "GET /)
})

for (const rotate of ['rename', 'copytruncate'] as const) {
  test(`rotation by ${rotate} loses no line and keeps no more files than asked for`, async (t) => {
    const dir = LogDir.create(t)
    const path = dir.file('x.log')
    const paced = ['--lines-per-sec', '2000', '--rotate', rotate, '--json']
    const few = generated(await generate('--path', path, '--seconds', '1', ...paced, '--rotate-every', '300ms'))
    assert.ok(few.rotations >= 1 && few.rotations <= 3, `${few.rotations} rotations`)
    const older = upTo(few.rotations).map((i) => `x.log.${few.rotations - i}`)
    assert.deepEqual(numbers(dir, few.run, [...older, 'x.log']), upTo(few.lines))

    const many = generated(
      await generate('--path', path, '--seconds', '1', ...paced, '--rotate-every', '100ms', '--keep', '2'),
    )
    assert.ok(many.rotations > 2)
    const kept = numbers(dir, many.run, ['x.log.2', 'x.log.1', 'x.log'])
    assert.deepEqual(kept, upTo(many.lines).slice(-kept.length))
    assert.deepEqual(
      readdirSync(dir.path).toSorted(),
      ['x.log', 'x.log.1', 'x.log.2', ...older.slice(0, -2)].toSorted(),
    )
    const none = generated(
      await generate('--path', path, '--seconds', '1', ...paced, '--rotate-every', '400ms', '--keep', '0'),
    )
    assert.ok(none.rotations >= 1)
    assert.ok(numbers(dir, none.run, ['x.log']).length < none.lines, 'the older ones are gone')
  })
}

test('an even pace is kept, and the rate that was reached is said', async (t) => {
  const dir = LogDir.create(t)
  const ran = await generate('--path', dir.file('x.log'), '--lines-per-sec', '1000', '--seconds', '1')
  assert.equal(ran.code, 0, ran.stderr)
  assert.match(
    ran.stdout,
    /^1,000 lines, 226,000 bytes to .*x\.log in \d+\.\d s: [\d,]+ lines\/s, 0\.\d MiB\/s\.\nEach holds the run/,
  )
})

test('Ctrl-C ends it: what was written is whole, and said', async (t) => {
  const dir = LogDir.create(t)
  const args = ['bench', 'generate', '--path', dir.file('x.log'), '--lines-per-sec', '5000', '--json']
  const program = new Program(t, 'logagent', { args })
  await program.start()
  await waitFor(() => dir.exists('x.log') && dir.size('x.log') > 0, { what: 'the first lines' })
  program.signal('SIGINT')
  assert.deepEqual(await program.exited(), { code: 0, signal: null })
  const { run, lines, bytes } = JSON.parse(program.output) as Generated
  assert.equal(dir.size('x.log'), bytes)
  assert.deepEqual(numbers(dir, run, ['x.log']), upTo(lines))
})

test('what cannot be done is a sentence', async (t) => {
  const dir = LogDir.create(t)
  const path = ['--path', dir.file('x.log')]
  const short = await generate(...path, '--lines', '1', '--line-bytes', '20')
  assert.deepEqual([short.code, short.stderr], [2, 'logagent: --line-bytes must be at least 106.\n'])
  const every = await generate(...path, '--lines', '1', '--rotate-every', '5')
  assert.equal(every.code, 2)
  assert.match(every.stderr, /--rotate-every must be a number with its unit/)
  assert.equal((await generate(...path, '--lines', '1', '--seconds', '1')).code, 2)
  assert.equal((await generate(...path, '--lines', '-1')).code, 2)
  assert.equal((await generate()).code, 2)
  assert.deepEqual(readdirSync(dir.path), [], 'nothing was begun')
  const nowhere = await generate('--path', dir.file('none/x.log'), '--lines', '1')
  assert.equal(nowhere.code, 1)
  assert.match(nowhere.stderr, /none\/x\.log cannot be written: its folder does not exist\.\n$/)
})

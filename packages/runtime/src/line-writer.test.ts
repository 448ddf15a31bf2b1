import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, constants, mkdtempSync, openSync, readFileSync, readSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { LineWriter } from './line-writer.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'line-writer-'))
  t.after(() => rmSync(path, { recursive: true }))
  return path
}

/** Lets the writes that are under way come back. */
async function until(done: () => boolean): Promise<void> {
  const deadline = performance.now() + 5_000
  while (!done()) {
    assert.ok(performance.now() < deadline, 'not done within 5 s')
    await new Promise((resolve) => setImmediate(resolve))
  }
}

/** What the pipe holds at the moment. */
function readSome(reader: number): string {
  const buffer = Buffer.alloc(65_536)
  try {
    return buffer.toString('latin1', 0, readSync(reader, buffer))
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'EAGAIN')
    return ''
  }
}

test('lines arrive whole and in order', async (t) => {
  const file = join(folder(t), 'log')
  const fd = openSync(file, 'a')
  t.after(() => closeSync(fd))
  const writer = new LineWriter(fd, { maxWaitingBytes: 1_048_576, onDropped: () => assert.fail('dropped') })
  const lines = Array.from({ length: 1_000 }, (_, i) => `line ${i} ü\n`)
  for (const line of lines) writer.write(line)
  await until(() => readFileSync(file, 'utf8') === lines.join(''))
})

test('a reader that hangs costs lines beyond the bound, and they are counted once it reads again', async (t) => {
  const fifo = join(folder(t), 'fifo')
  execFileSync('mkfifo', [fifo])
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  t.after(() => [reader, fd].forEach(closeSync))
  let dropped = 0
  const writer = new LineWriter(fd, { maxWaitingBytes: 10_000, onDropped: (count) => (dropped += count) })
  const line = `${'x'.repeat(99)}\n`
  for (let i = 0; i < 10; i++) {
    for (let n = 0; n < 100; n++) writer.write(line)
    await new Promise((resolve) => setImmediate(resolve))
  }
  for (let n = 0; n < 1_000; n++) writer.write(line)
  let read = 0
  await until(() => {
    read += readSome(reader).length
    return dropped > 0 && read / line.length + dropped === 2_000
  })
})

test('a line that is longer than the pipe holds arrives whole, piece by piece', async (t) => {
  const fifo = join(folder(t), 'fifo')
  execFileSync('mkfifo', [fifo])
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  const fd = openSync(fifo, constants.O_WRONLY | constants.O_NONBLOCK)
  t.after(() => [reader, fd].forEach(closeSync))
  const writer = new LineWriter(fd, { maxWaitingBytes: 1_048_576, onDropped: () => assert.fail('dropped') })
  const line = `${Array.from({ length: 50_000 }, (_, i) => i).join(' ')}\n`
  writer.write(line)
  let text = ''
  await until(() => {
    text += readSome(reader)
    return text.length >= line.length
  })
  assert.ok(text === line)
})

test('a full disk costs lines only', async () => {
  const fd = openSync('/dev/full', 'w')
  const writer = new LineWriter(fd, { maxWaitingBytes: 1_000, onDropped: () => assert.fail('nothing passed') })
  for (let n = 0; n < 100; n++) {
    writer.write('some line\n')
    await new Promise((resolve) => setImmediate(resolve))
  }
  writer.flushAtExit()
  closeSync(fd)
})

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { accessLine, accessLineNumber, isNotFound, lineBytes, writeAccessLog } from './access-log.ts'
import { chineseLine, chineseValueBytes, gbkLineBytes, writeChineseLog } from './chinese-log.ts'
import { eventLines, writeJavaLog } from './java-log.ts'

function folder(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), 'logpipe-bench-logs-'))
  t.after(() => rmSync(path, { recursive: true, force: true }))
  return path
}

test('every access line has its width and says its number', () => {
  for (const index of [0, 1, 19, 4_751_068, 99_999_999]) {
    const bytes = Buffer.from(`xx${accessLine(index)}\n`)
    assert.equal(bytes.length - 2, lineBytes)
    assert.equal(accessLineNumber(bytes, 2, bytes.length - 1), index)
  }
  assert.equal(accessLineNumber(Buffer.from('no number'), 0, 9), -1)
  assert.equal(accessLineNumber(Buffer.from('123'), 0, 3), -1)
})

test('one line in twenty is a 404, and those lines alone say so', () => {
  const lines = Array.from({ length: 20_000 }, (_, index) => index)
  const notFound = lines.filter(isNotFound)
  assert.ok(Math.abs(notFound.length - 1_000) < 50, `${notFound.length}`)
  for (const index of lines) assert.equal(accessLine(index).includes('HTTP/1.1" 404 '), isNotFound(index))
})

test('files begun at a line go on with it', async (t) => {
  const path = join(folder(t), 'log')
  await writeAccessLog(path, 3, 7)
  assert.equal(readFileSync(path, 'latin1'), [7, 8, 9].map((index) => `${accessLine(index)}\n`).join(''))
})

test('the GBK file decodes to the lines, all of one width in both encodings', async (t) => {
  const dir = folder(t)
  const [gbk, utf8] = [join(dir, 'gbk'), join(dir, 'utf8')]
  await writeChineseLog(gbk, utf8, 300)
  const lines = Array.from({ length: 300 }, (_, index) => chineseLine(index))
  const bytes = readFileSync(gbk)
  assert.equal(bytes.length, 300 * gbkLineBytes)
  assert.equal(new TextDecoder('gbk').decode(bytes), `${lines.join('\n')}\n`)
  assert.equal(readFileSync(utf8, 'utf8'), lines.join(''))
  assert.ok(lines.every((line) => Buffer.byteLength(line) === chineseValueBytes))
})

test('Java events begin where they are said to, with a time, and only there', async (t) => {
  const path = join(folder(t), 'java')
  const { lines, starts } = await writeJavaLog(path, 1_000)
  const text = readFileSync(path, 'latin1').split('\n').slice(0, -1)
  assert.equal(text.length, lines)
  assert.ok(lines >= 1_000 && text.every((line) => line.length === lineBytes - 1))
  const begins = text.flatMap((line, index) => (/^\d{4}-/.test(line) ? [index] : []))
  assert.deepEqual(starts, begins)
  assert.equal(starts.at(-1), lines - 1)
  for (const [event, start] of starts.slice(0, -1).entries()) {
    assert.equal((starts[event + 1] as number) - start, eventLines(event))
  }
})

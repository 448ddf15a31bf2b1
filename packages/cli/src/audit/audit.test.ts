import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import fc from 'fast-check'
import { auditFile } from './audit.ts'
import type { AuditedDocument } from './tally.ts'

const source = 'AuditAuditAudit0'
const other = 'OtherOtherOther0'

function fileOf(t: TestContext, text: string | Buffer): string {
  const folder = mkdtempSync(join(tmpdir(), 'logpipe-audit-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'app.log')
  writeFileSync(path, text)
  return path
}

async function* given(documents: readonly AuditedDocument[]): AsyncGenerator<AuditedDocument, void, void> {
  yield* documents.toSorted((a, b) => a.offset - b.offset)
}

/** The document of each line, as an agent makes them. */
function documentsOf(lines: readonly string[], from = source): AuditedDocument[] {
  let offset = 0
  return lines.map((message) => {
    const document = { source: from, offset, message }
    offset += Buffer.byteLength(message) + 1
    return document
  })
}

test('lines that are missing and double are named by number and bytes, those behind the last are told apart', async (t) => {
  const lines = ['one', '', 'zwei und ä', 'four', 'five', 'six']
  const documents = documentsOf(lines)
  const [first, second, , , fifth] = documents as [
    AuditedDocument,
    AuditedDocument,
    AuditedDocument,
    AuditedDocument,
    AuditedDocument,
  ]
  const path = fileOf(t, `${lines.join('\n')}\nunfinish`)
  const { lines: count, current, others } = await auditFile(path, given([first, second, second, fifth]))
  assert.equal(count, 6)
  assert.deepEqual(current, {
    source,
    documents: 4,
    found: 3,
    doubles: 1,
    doubleOffsets: [4],
    different: 0,
    within: 0,
    missing: 2,
    missingStretches: [{ firstLine: 3, lastLine: 4, start: 5, end: 22 }],
    behind: 1,
    behindFrom: 27,
  })
  assert.deepEqual(others, [])
})

test('of several files that stood at the path the one that reads as the file is held against it', async (t) => {
  const lines = ['alpha', 'bravo', 'gamma']
  const path = fileOf(t, `${lines.join('\r\n')}\r\n`)
  let offset = 0
  const own = lines.map((message) => ({ source, offset: (offset += 7) - 7, message }))
  const others = Array.from({ length: 9 }, (_, i) => ({ source: other, offset: 7 * i, message: 'other' }))
  const found = await auditFile(path, given([...others, ...own]))
  assert.deepEqual([found.current?.source, found.current?.found, found.current?.missing], [source, 3, 0])
  assert.deepEqual(found.others, [{ source: other, documents: 9 }])
  assert.equal((await auditFile(path, given(others), other)).current?.different, 3)
  assert.equal((await auditFile(path, given(own), other)).current, null)
})

test('the lines of an event count as found; a message that is not what stands there is different, not missing', async (t) => {
  const lines = ['start', '  at a', '  at b', 'plain', '{"log":"x"}', 'a line in pieces']
  const path = fileOf(t, `${lines.join('\n')}\n`)
  const [start = 0, , , plain = 0, json = 0, pieces = 0] = documentsOf(lines).map((document) => document.offset)
  const documents = [
    { source, offset: start, message: 'start\n  at a\n  at b' },
    { source, offset: plain, message: 'plain' },
    { source, offset: json, message: 'x' },
    { source, offset: pieces, message: 'a line in ' },
    { source, offset: pieces + 10, message: 'pieces' },
  ]
  const { current } = await auditFile(path, given(documents))
  assert.deepEqual(
    [current?.found, current?.missing, current?.behind, current?.different, current?.within],
    [6, 0, 0, 2, 1],
  )
  const without = await auditFile(path, given(documents.with(0, { source, offset: start, message: 'start\n  at a' })))
  assert.deepEqual(without.current?.missingStretches, [{ firstLine: 3, lastLine: 3, start: 13, end: 20 }])
})

test('whatever is left out and sent twice, exactly that is missing and double', async (t) => {
  const line = fc.string({ maxLength: 12 }).map((text) => text.replaceAll(/[\r\n]/g, '').toWellFormed())
  await fc.assert(
    fc.asyncProperty(fc.array(fc.record({ line, copies: fc.nat(2) }), { minLength: 1 }), async (all) => {
      const path = fileOf(t, all.map((one) => `${one.line}\n`).join(''))
      const documents = documentsOf(all.map((one) => one.line))
      const kept = documents.flatMap((document, i) => Array<AuditedDocument>(all[i]?.copies ?? 0).fill(document))
      const { current } = await auditFile(path, given(kept))
      const last = all.findLastIndex(({ copies }) => copies > 0)
      if (last < 0) {
        assert.equal(current, null)
        return
      }
      assert.equal(current?.found, all.filter(({ copies }) => copies > 0).length)
      assert.equal(current?.doubles, all.filter(({ copies }) => copies > 1).length)
      assert.equal(current?.missing, all.slice(0, last).filter(({ copies }) => copies === 0).length)
      assert.equal(current?.behind, all.length - 1 - last)
      assert.equal(current?.different, 0)
    }),
    { numRuns: 200 },
  )
})

test('what is no plain file is refused with the reason', async (t) => {
  const packed = fileOf(t, Buffer.from([0x1f, 0x8b, 8, 0, 0]))
  await assert.rejects(auditFile(packed, given([])), /is compressed; unpack it/)
  await assert.rejects(auditFile(join(packed, '..'), given([])), { code: 'settings_invalid', message: /is no file/ })
  await assert.rejects(auditFile(`${packed}x`, given([])), /cannot be read \(ENOENT\)/)
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { documentId } from '@logpipe/config'
import { closeAfter } from './closing.ts'
import { countDocuments, elasticsearch, readDocuments, readIndexLines } from './documents.ts'
import { LineGenerator } from './line-generator.ts'
import { randomRun } from './line.ts'
import { assertConserved, Oracle } from './oracle.ts'
import { randomName, testServers } from './servers.ts'

const [node = ''] = testServers().elasticsearchNodes

test('a planted missing, doubled, corrupted and out-of-order line is found among documents of two indices', async (t) => {
  const name = randomName('testkit')
  closeAfter(t, async () => void (await elasticsearch(node, 'DELETE', `/${name}_1,${name}_2`)))
  const run = randomRun()
  const generator = new LineGenerator({ run, file: 0 })
  const write = async (index: string, id: string, message: string, offset: number): Promise<void> => {
    await elasticsearch(node, 'PUT', `/${index}/_doc/${id}`, { message, log: { offset } })
  }
  const source = 'AAAAAAAAAAAAAAAA'
  for (let i = 0; i < 12; i++) {
    const line = generator.line()
    if (i === 3) continue
    await write(`${name}_1`, documentId(source, i), i === 5 ? line.slice(1) : line, i === 7 ? 100 : i)
    if (i === 9) await write(`${name}_2`, documentId(source, i), line, i)
  }
  const oracle = new Oracle(run)
  oracle.expect(0, 12)
  const verdict = await oracle.check(readIndexLines({ node, index: `${name}_*`, pageDocs: 5 }))
  const { missing, doubled, corrupted, outOfOrder } = verdict
  // The corrupted line is missing too: it was not found whole.
  assert.deepEqual({ missing, doubled, corrupted, outOfOrder }, { missing: 2, doubled: 1, corrupted: 1, outOfOrder: 1 })
  assert.throws(() => assertConserved(verdict))
  assert.equal(await countDocuments(node, `${name}_*`), 12)
})

test('where there is no index there are no documents', async () => {
  const index = randomName('absent')
  for await (const document of readDocuments({ node, index })) assert.fail(document.id)
  assert.equal(await countDocuments(node, index), 0)
})

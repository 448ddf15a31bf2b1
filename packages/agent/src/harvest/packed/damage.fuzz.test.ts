import assert from 'node:assert/strict'
import { appendFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { kinds, logLines, open, pack, readAll } from './testing.ts'

for (const kind of kinds) {
  const someText = logLines(3_000)
  const somePacked = Buffer.concat([pack[kind](someText.subarray(0, 1_000)), pack[kind](someText.subarray(1_000))])

  test(`${kind}: cut off at any byte, it gives the beginning of what was packed, and the rest when that comes`, async (t) => {
    const boundary = pack[kind](someText.subarray(0, 1_000)).length
    for (let cut = 0; cut < somePacked.length; cut++) {
      const { reader, path, close } = open(t, kind, somePacked.subarray(0, cut))
      const { bytes, state } = await readAll(reader)
      assert.equal(state, cut === boundary ? 'end' : 'incomplete', `cut at ${cut}`)
      assert.ok(bytes.equals(someText.subarray(0, bytes.length)), `cut at ${cut}`)
      appendFileSync(path, somePacked.subarray(cut))
      const rest = await readAll(reader, bytes.length)
      assert.equal(rest.state, 'end')
      assert.ok(Buffer.concat([bytes, rest.bytes]).equals(someText), `cut at ${cut}`)
      close()
    }
  })

  test(
    `${kind}: whatever is damaged, reading ends, and says «end» only of what was packed`,
    { timeout: 120_000 },
    async (t) => {
      const damage = fc.oneof(
        fc.record({ at: fc.nat(somePacked.length - 1), bit: fc.nat(7) }).map(({ at, bit }) => (bytes: Buffer) => {
          bytes[at] = (bytes[at] as number) ^ (1 << bit)
          return bytes
        }),
        fc.record({ at: fc.nat(somePacked.length), count: fc.nat(20), put: fc.uint8Array({ maxLength: 20 }) }).map(
          ({ at, count, put }) =>
            (bytes: Buffer) =>
              Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + count)]),
        ),
      )
      const seen: Record<string, number> = {}
      await fc.assert(
        fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 3 }), async (damages) => {
          const damaged = damages.reduce<Buffer>((bytes, one) => one(bytes), Buffer.from(somePacked))
          const { reader, close } = open(t, kind, damaged)
          const { bytes, state, reason } = await readAll(reader)
          seen[state] = (seen[state] ?? 0) + 1
          assert.equal(reason === undefined, state !== 'broken')
          if (state === 'end') {
            // Whole members may be taken away with nobody the wiser; what is left is what was packed.
            const wholes = [someText, someText.subarray(0, 1_000), someText.subarray(1_000)]
            assert.ok(wholes.some((whole) => bytes.equals(whole)))
          }
          const again = await readAll(reader)
          assert.deepEqual(again, { bytes, state, reason })
          close()
        }),
        { numRuns: 500 },
      )
      assert.ok((seen['broken'] ?? 0) > 100, JSON.stringify(seen))
    },
  )

  test(`${kind}: random bytes behind its magic number never hang it`, { timeout: 60_000 }, async (t) => {
    const magic = pack[kind](Buffer.from('x')).subarray(0, 4)
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 300 }), async (noise) => {
        const { reader, close } = open(t, kind, Buffer.concat([magic, noise]))
        assert.match((await readAll(reader)).state, /^(?:broken|incomplete|end)$/)
        close()
      }),
      { numRuns: 300 },
    )
  })
}

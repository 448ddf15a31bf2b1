import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { FileStat } from './identity.ts'
import { type Look, Siblings } from './siblings.ts'

function stat(ino: number): FileStat {
  return { dev: 1n, ino: BigInt(ino), birthtimeNs: 1n, mtimeNs: 1n, size: 1, links: 1, kind: 'file' }
}

const place = { path: '/var/log/a.log', realPath: null }

/** Looks that show these files, one after the other, the last one for ever: name → inode. */
function looks(...shown: Record<string, number>[]): { siblings: Siblings; count(): number } {
  let count = 0
  const look = (): Look => {
    const files = Object.entries(shown[Math.min(count++, shown.length - 1)] ?? {})
    return new Map(files.map(([name, ino]) => [BigInt(ino), [{ path: `/var/log/${name}`, stat: stat(ino) }]]))
  }
  return { siblings: new Siblings(look), count: () => count }
}

test('what one look shows is found with that look', () => {
  const { siblings, count } = looks({ 'a.log': 2, 'a.log.1': 1 })
  assert.equal(siblings.find(place, stat(1))?.path, '/var/log/a.log.1')
  assert.equal(siblings.find(place, stat(2))?.path, '/var/log/a.log')
  assert.equal(count(), 1)
})

test('a file that was renamed while the folder was looked at is found all the same', () => {
  const missed = { 'a.log': 3, 'a.log.1': 2 }
  const { siblings } = looks(missed, { 'a.log': 3, 'a.log.1': 2, 'a.log.2': 1 })
  assert.equal(siblings.find(place, stat(1))?.path, '/var/log/a.log.2')
})

test('what two looks in a row do not show is not there, and costs no further look', () => {
  const { siblings, count } = looks({ 'a.log': 2 })
  assert.equal(siblings.find(place, stat(1)), null)
  assert.equal(siblings.find(place, stat(7)), null)
  assert.equal(count(), 2)
})

test('in a folder that does not come to rest, what any look showed counts as there', () => {
  const restless = Array.from({ length: 20 }, (_, i) => ({ [`a.log.${i}`]: i === 4 ? 1 : 100 + i }))
  const { siblings, count } = looks(...restless)
  assert.equal(siblings.find(place, stat(1))?.path, '/var/log/a.log.4')
  assert.equal(count(), 10)
})

test('the same inode born at another time is another file', () => {
  const { siblings } = looks({ 'a.log.1': 1 })
  assert.equal(siblings.find(place, { ...stat(1), birthtimeNs: 2n }), null)
})

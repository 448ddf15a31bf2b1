import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LogDir } from '@logpipe/testkit'
import { Listings } from './listings.ts'

/** Listings whose clock is the test's. */
function listings(): { of: (folder: string) => string[] | null; advance: (ms: number) => void; made: () => number } {
  let now = 0
  const all = new Listings(() => now)
  const seen = new Set<object>()
  const of = (folder: string): string[] | null => {
    const listing = all.of(folder)
    if (listing !== null) seen.add(listing)
    return listing?.others.toSorted() ?? null
  }
  return { of, advance: (ms) => void (now += ms), made: () => seen.size }
}

test('a folder that looks the same is not listed again, once its last change is so old that a further one would show', (t) => {
  const dir = LogDir.create(t)
  dir.append('a.log', '')
  const { of, advance, made } = listings()
  for (let i = 0; i < 3; i++) of(dir.path)
  assert.equal(made(), 3, 'too soon to trust its times')
  advance(3_000)
  for (let i = 0; i < 3; i++) assert.deepEqual(of(dir.path), ['a.log'])
  assert.equal(made(), 4)
})

test('what comes, goes or is renamed is seen with the next look', (t) => {
  const dir = LogDir.create(t)
  dir.append('a.log', '')
  const { of, advance } = listings()
  const rest = (): void => {
    of(dir.path)
    advance(4_000)
    of(dir.path)
  }
  rest()
  dir.append('b.log', '')
  assert.deepEqual(of(dir.path), ['a.log', 'b.log'])
  rest()
  dir.rename('a.log', 'c.log')
  assert.deepEqual(of(dir.path), ['b.log', 'c.log'])
  rest()
  dir.remove('b.log')
  assert.deepEqual(of(dir.path), ['c.log'])
})

test('a folder whose times are never to be trusted is listed once a minute all the same', (t) => {
  const dir = LogDir.create(t)
  const { of, advance, made } = listings()
  of(dir.path)
  advance(4_000)
  of(dir.path)
  advance(59_999)
  of(dir.path)
  assert.equal(made(), 2)
  advance(1)
  of(dir.path)
  assert.equal(made(), 3)
})

test('a folder with symbolic links is listed each time: what they lead to changes elsewhere', (t) => {
  const dir = LogDir.create(t)
  dir.append('real/a.log', '')
  dir.symlink('real', 'linked')
  const { of, advance, made } = listings()
  for (let i = 0; i < 4; i++) {
    of(dir.path)
    advance(4_000)
  }
  assert.equal(made(), 4)
})

test('a folder that is not there is none', (t) => {
  const dir = LogDir.create(t)
  assert.equal(listings().of(dir.file('none')), null)
})

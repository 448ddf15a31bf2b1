import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import picomatch from 'picomatch'
import { Glob } from './glob.ts'

const letter = fc.constantFrom('a', 'b', 'c', '.', '-', '1')
const name = fc
  .array(letter, { minLength: 1, maxLength: 4 })
  .map((letters) => letters.join(''))
  .filter((text) => !/^\.+$/.test(text))
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((names) => `/r/${names.join('/')}`)
const piece = fc.oneof(
  letter,
  fc.constantFrom('*', '?', '[ab]', 'a[^a]', '[a-c]', '1[^b-c]', '{a,b}', '{a,b*}', '{a,{b,c}1}'),
)
const segment = fc
  .oneof(
    { weight: 4, arbitrary: fc.array(piece, { minLength: 1, maxLength: 4 }).map((pieces) => pieces.join('')) },
    { weight: 1, arbitrary: fc.constant('**') },
  )
  .filter((text) => !/^\.+$/.test(text))
const glob = fc
  .array(segment, { minLength: 1, maxLength: 4 })
  .map((segments) => `/r/${segments.join('/')}`)
  .filter((text) => text.split('{').length <= 5)

test('a glob matches what picomatch says that it matches', () => {
  fc.assert(
    fc.property(glob, path, (pattern, given) => {
      // There it is of two minds: /b/** matches /b, /*/** does not; and **{a,b} is more to it than **a.
      fc.pre(!pattern.endsWith('/**') && !/\*\*[^/]|[^/]\*\*/.test(pattern))
      assert.equal(new Glob(pattern).matches(given), picomatch(pattern)(given), `${pattern} ${given}`)
    }),
    { numRuns: 20_000 },
  )
})

test('whatever matches is found by a walk: it is below the folder, and every folder on the way is entered', () => {
  fc.assert(
    fc.property(glob, path, (pattern, given) => {
      const by = new Glob(pattern)
      fc.pre(by.matches(given))
      const base = by.folder === '/' ? '/' : `${by.folder}/`
      assert.ok(given.startsWith(base))
      const names = given.slice(base.length).split('/')
      for (let depth = 0; depth < names.length - 1; depth++) {
        const folder = base + names.slice(0, depth + 1).join('/')
        assert.ok(by.mayEnter(folder, names[depth] as string, depth), `${pattern}: ${folder} at ${depth}`)
      }
    }),
    { numRuns: 5_000 },
  )
})

test('what picomatch does otherwise, and POSIX does not', () => {
  assert.ok(!new Glob('/x/[!a]').matches('/x/a'))
  assert.ok(new Glob('/x/[!a]').matches('/x/b'))
  assert.ok(!new Glob('/x/[^a]*').matches('/x/.b'))
  assert.ok(new Glob('/**/*').matches('/a'))
  assert.ok(!new Glob('/x/**').matches('/x'))
  assert.ok(new Glob('/x/app (1)/*.log').matches('/x/app (1)/a.log'))
})

test('no name that somebody gives a file holds up the agent', () => {
  const stars = new Glob(`/x/${'*a'.repeat(30)}b`)
  const folders = new Glob(`/x/${'**/*a*/'.repeat(12)}b`)
  const began = process.cpuUsage()
  assert.ok(!stars.matches(`/x/${'a'.repeat(250)}c`))
  assert.ok(!folders.matches(`/x/${'aa/'.repeat(1_000)}c`))
  const { user } = process.cpuUsage(began)
  assert.ok(user < 2_000_000, `${user} µs of CPU`)
})

test('a pattern that cannot be used is a sentence', () => {
  assert.throws(() => new Glob('/x/+(a|b)'), { code: 'settings_invalid', message: /write \{a,b\}/ })
  assert.throws(() => new Glob(`/x/${'{a,b}'.repeat(11)}`), { code: 'settings_invalid', message: /more than 1000/ })
})

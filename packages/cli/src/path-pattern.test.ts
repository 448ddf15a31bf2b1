import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { pathPattern } from './path-pattern.ts'

test('a star stands for anything, and nothing else does', () => {
  assert.equal(pathPattern('/var/log/*.log')('/var/log/nginx/a.log'), true)
  assert.equal(pathPattern('/var/log/*.log')('/var/log/a.logs'), false)
  assert.equal(pathPattern('/var/log/a.log')('/var/log/aXlog'), false)
  assert.equal(pathPattern('/a*a')('/a'), false)
  assert.equal(pathPattern('*')(''), true)
})

test('it agrees with a regular expression', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '*', '/'), maxLength: 12 })
  fc.assert(
    fc.property(text, text, (pattern, path) => {
      const plain = path.replaceAll('*', 'c')
      const expression = new RegExp(`^${pattern.replaceAll('*', '.*')}$`)
      assert.equal(pathPattern(pattern)(plain), expression.test(plain))
    }),
    { numRuns: 2_000 },
  )
})

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BoundedLabel } from './bounded-label.ts'

test('the first values stand for themselves, later ones and odd ones are told together', () => {
  const labels = new BoundedLabel(2)
  assert.equal(labels.label('mapper_parsing_exception'), 'mapper_parsing_exception')
  assert.equal(labels.label('x'.repeat(65)), 'other')
  assert.equal(labels.label('a "quoted" one\n'), 'other')
  assert.equal(labels.label(''), 'other')
  assert.equal(labels.label('second'), 'second')
  assert.equal(labels.label('third'), 'other')
  assert.equal(labels.label('mapper_parsing_exception'), 'mapper_parsing_exception')
})

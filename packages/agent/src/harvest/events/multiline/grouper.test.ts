import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { LineGrouper } from '../stages.ts'
import { compileGrouping, type GroupingOptions, makeGrouper } from './grouper.ts'
import { ordinary, traces } from './samples.ts'

const compile = (pattern: string): RegExp => new RegExp(pattern)

function grouper(options: Partial<GroupingOptions>): LineGrouper {
  return makeGrouper({ negate: false, indent: false, ...options }, compile)
}

interface Event {
  /** Index of its first line. */
  first: number
  lines: string[]
}

/** The events of `lines` from line `from` on, as one who starts reading there makes them. */
function events(by: LineGrouper, lines: readonly string[], from = 0): Event[] {
  const made: Event[] = []
  let isOpen = false
  by.reset()
  for (let i = from; i < lines.length; i++) {
    const line = Buffer.from(`junk${lines[i]}junk`)
    const role = by.take(line, 4, line.length - 4)
    if (role === 'begins' || role === 'alone' || !isOpen) made.push({ first: i, lines: [] })
    ;(made.at(-1) as Event).lines.push(lines[i] as string)
    isOpen = role === 'begins' || role === 'joins'
  }
  return made
}

function texts(by: LineGrouper, text: string): string[] {
  return events(by, text.split('\n')).map(({ lines }) => lines.join('|'))
}

const presets = ['java', 'python', 'go', 'node'] as const

for (const preset of presets) {
  for (const trace of traces[preset]) {
    const [name] = trace.split('\n')
    test(`${preset}: one event from «${name}» on, and the lines around it are events of their own`, () => {
      const before = ordinary.slice(0, 2)
      const lines = [...before, ...trace.split('\n'), ...ordinary]
      const made = events(grouper({ preset }), lines).map((event) => event.lines.join('\n'))
      assert.deepEqual(made, [...before, trace, ...ordinary])
    })
  }

  test(`${preset}: traces right behind one another are events of their own`, () => {
    // Behind a runtime's last words nothing of it can come; a blank line between two traces may be the end of the first.
    const all = [...traces[preset], ...traces[preset]].filter((trace) => !trace.startsWith(' '))
    const made = events(grouper({ preset }), all.join('\n').split('\n')).map((event) => event.lines.join('\n'))
    assert.deepEqual(made, all)
  })

  test(`${preset}: lines outside of traces wait for nobody`, () => {
    const by = grouper({ preset })
    for (const line of ordinary) assert.equal(by.take(Buffer.from(line), 0, Buffer.byteLength(line)), 'alone', line)
  })

  test(`${preset}: ordinary lines of the other languages' traces do not hang together for ever`, () => {
    const by = grouper({ preset })
    const lines = [...traces.java, ...traces.python, ...traces.go, ...traces.node].join('\n').split('\n')
    events(by, lines)
    const [last] = events(by, [...lines, 'ordinary', 'ordinary']).slice(-1)
    assert.deepEqual(last?.lines, ['ordinary'])
  })
}

test('start: a line that matches begins an event; negated: one that does not', () => {
  const text = ' rest|[1] a| b|c|[2] d|[3] e'.replaceAll('|', '\n')
  assert.deepEqual(texts(grouper({ start: '^\\[' }), text), [' rest', '[1] a| b|c', '[2] d', '[3] e'])
  assert.deepEqual(texts(grouper({ start: '^ ', negate: true }), text), [' rest', '[1] a| b', 'c', '[2] d', '[3] e'])
})

test('continue: a line that matches joins the one before; negated: one that does not', () => {
  const text = 'a|+b|+c|d|e|+f'.replaceAll('|', '\n')
  assert.deepEqual(texts(grouper({ continue: '^\\+' }), text), ['a|+b|+c', 'd', 'e|+f'])
  assert.deepEqual(texts(grouper({ continue: '^[a-z]', negate: true }), text), ['a|+b|+c', 'd', 'e|+f'])
})

test('end: a line that matches is the last of its event, and waits for nobody', () => {
  const by = grouper({ end: ';$' })
  assert.deepEqual(texts(by, 'select|1;|x;|y|z;|w'.replaceAll('|', '\n')), ['select|1;', 'x;', 'y|z;', 'w'])
  const roles = ['select', '1;', 'x;'].map((line) => by.take(Buffer.from(line), 0, line.length))
  assert.deepEqual(roles.slice(1), ['ends', 'alone'])
  const carried = grouper({ end: '\\\\$', negate: true })
  assert.deepEqual(texts(carried, 'a\\|b\\|c|d|e\\|f'.replaceAll('|', '\n')), ['a\\|b\\|c', 'd', 'e\\|f'])
})

test('start and end: what stands between them is one event, what stands outside is alone', () => {
  const by = grouper({ start: '^BEGIN', end: 'END$' })
  const text = 'x|y|BEGIN|a|END|z|BEGIN END|BEGIN|b|BEGIN|c|END|END'.replaceAll('|', '\n')
  assert.deepEqual(texts(by, text), ['x', 'y', 'BEGIN|a|END', 'z', 'BEGIN END', 'BEGIN|b', 'BEGIN|c|END', 'END'])
})

test('indent: a line that begins with a blank or a tab joins; an empty one does not', () => {
  assert.deepEqual(texts(grouper({ indent: true }), 'a\n b\n\tc\n\nd\n e'), ['a| b|\tc', '', 'd| e'])
})

test('count: so many lines are an event', () => {
  assert.deepEqual(texts(grouper({ count: 2 }), 'a\nb\nc\nd\ne'), ['a|b', 'c|d', 'e'])
})

test('patterns see characters, not bytes', () => {
  assert.deepEqual(texts(grouper({ start: '^.é' }), 'öé 1\nx\n😀 2'), ['öé 1|x|😀 2'])
})

test('patterns are compiled once, and what the compiler throws goes through', () => {
  const compiled: string[] = []
  const make = compileGrouping({ negate: false, indent: false, start: 'a', end: 'b' }, (pattern) => {
    compiled.push(pattern)
    return compile(pattern)
  })
  make()
  make()
  assert.deepEqual(compiled, ['a', 'b'])
  assert.throws(() => grouper({ start: '(' }), SyntaxError)
})

const kinds: Partial<GroupingOptions>[] = [
  ...presets.map((preset) => ({ preset })),
  { start: '^\\S' },
  { start: 'a', negate: true },
  { continue: '^\\s' },
  { end: ':$' },
  { start: '^[A-Z]', end: '\\)$' },
  { indent: true },
  { count: 3 },
]
const vocabulary = [
  ...new Set([...Object.values(traces).flat().join('\n').split('\n'), ...ordinary, '', ' ', '}', '^']),
]
const anyLine = fc.oneof(
  fc.constantFrom(...vocabulary),
  fc.string({ maxLength: 12 }).map((s) => s.replaceAll('\n', '')),
)

test('whoever starts reading at the beginning of any event makes the same events', () => {
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.array(anyLine, { maxLength: 40 }), (kind, lines) => {
      const by = grouper(kind)
      const all = events(by, lines)
      for (const [i, { first }] of all.entries()) assert.deepEqual(events(by, lines, first), all.slice(i))
    }),
    { numRuns: 2_000 },
  )
})

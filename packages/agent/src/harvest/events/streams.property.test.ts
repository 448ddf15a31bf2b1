import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { FeedBench } from '../../testing/feed-bench.ts'

/** A line as the container runtime wrote it; `foreign`: one that it did not write. */
interface Written {
  stream: 'stdout' | 'stderr' | 'foreign'
  isPartial: boolean
  text: string
}

const written: fc.Arbitrary<Written> = fc.record({
  stream: fc.constantFrom('stdout', 'stdout', 'stdout', 'stderr', 'stderr', 'foreign'),
  isPartial: fc.boolean(),
  text: fc.constantFrom('a', 'b', 'axe', '', 'bé', 'x'.repeat(300)),
})

type Step = { share: number; chunkBytes: number; crash: 'no' | 'heard' | 'unheard' }

const step: fc.Arbitrary<Step> = fc.record({
  share: fc.double({ min: 0, max: 1, noNaN: true }),
  chunkBytes: fc.integer({ min: 1, max: 400 }),
  crash: fc.constantFrom('no', 'heard', 'unheard'),
})

const bytesOf = ({ stream, isPartial, text }: Written): string =>
  stream === 'foreign' ? `?${text}\n` : `2024-01-01T00:00:00.0Z ${stream} ${isPartial ? 'P' : 'F'} ${text}\n`

type Event = [number, string]

/** What each stream alone says; a line of neither ends what is under way in both. */
function expected(lines: readonly Written[], isGrouped: boolean): Event[] {
  const events: Event[] = []
  const parts = new Map<string, Event>()
  const open = new Map<string, Event>()
  const endEvent = (stream: string): void => {
    const event = open.get(stream)
    if (event !== undefined) events.push(event)
    open.delete(stream)
  }
  const line = (stream: string, [offset, text]: Event): void => {
    const event = open.get(stream)
    if (isGrouped && event !== undefined && !text.startsWith('a')) {
      event[1] += `\n${text}`
      return
    }
    endEvent(stream)
    open.set(stream, [offset, text])
    if (!isGrouped) endEvent(stream)
  }
  const endAll = (): void => {
    for (const stream of ['stdout', 'stderr']) {
      const part = parts.get(stream)
      if (part !== undefined) line(stream, part)
      parts.delete(stream)
      endEvent(stream)
    }
  }
  let offset = 0
  for (const each of lines) {
    const { stream, isPartial, text } = each
    if (stream === 'foreign') {
      endAll()
      events.push([offset, `?${text}`])
    } else {
      const part: Event = parts.get(stream) ?? [offset, '']
      part[1] += text
      if (isPartial) parts.set(stream, part)
      else {
        parts.delete(stream)
        line(stream, part)
      }
    }
    offset += Buffer.byteLength(bytesOf(each))
  }
  endAll()
  return events.sort(([a], [b]) => a - b)
}

async function run(lines: readonly Written[], steps: readonly Step[], isGrouped: boolean): Promise<void> {
  const content = Buffer.from(lines.map(bytesOf).join(''))
  const multiline = { multiline: { start: '^a' } }
  const bench = await FeedBench.open({ container: 'cri', ...(isGrouped && multiline) }, 4_096)
  let size = 0
  for (const { share, chunkBytes, crash } of steps) {
    size = Math.max(size, Math.round(share * content.length))
    await bench.read(content.subarray(0, size), chunkBytes)
    if (crash !== 'no') await bench.crash(size, crash === 'heard')
  }
  await bench.read(content, 100)
  await bench.cut(content.length)
  await bench.read(content, 100)
  const arrived = (await bench.records()).map(({ offset, text }): Event => [offset, text])
  assert.deepEqual(arrived, expected(lines, isGrouped))
  assert.equal(bench.source.acked, content.length)
}

test('events of the two streams of a container are those of each alone, however they interleave, are read and restarted', async () => {
  // So few that no event is given up for lines of the other stream.
  const lines = fc.array(written, { maxLength: 14 })
  await fc.assert(fc.asyncProperty(lines, fc.array(step, { maxLength: 6 }), fc.boolean(), run), {
    numRuns: Number(process.env['LOGPIPE_FEED_RUNS'] ?? 400),
  })
})

test('a stream that is never whole holds up nobody for ever: the group ends at its bound, everywhere the same', async () => {
  const half = { stream: 'stderr', isPartial: true, text: 'half' } as const
  const whole = (i: number): Written => ({ stream: 'stdout', isPartial: false, text: `line ${i}` })
  const lines = [half, ...Array.from({ length: 1_000 }, (_, i) => whole(i))]
  const content = Buffer.from(lines.map(bytesOf).join(''))
  const bench = await FeedBench.open({ container: 'cri' }, 4_096)
  for (const size of [10_000, 20_000, content.length]) {
    await bench.read(content.subarray(0, size), 500)
    await bench.crash(size, true)
    await bench.read(content.subarray(0, size), 5_000)
  }
  const texts = (await bench.records()).map(({ text }) => text)
  assert.deepEqual(texts, ['half', ...Array.from({ length: 1_000 }, (_, i) => `line ${i}`)])
  assert.equal(bench.source.acked, content.length)
})

test('whatever bounds end events and groups, records are the same however the file is read and restarted', async () => {
  const multiline = fc.record({
    start: fc.constantFrom('^a', '^never'),
    maxLines: fc.integer({ min: 2, max: 30 }),
    maxBytes: fc.constantFrom(64, 400, 100_000),
  })
  const input = fc.tuple(
    fc.array(written, { maxLength: 300, size: 'max' }),
    fc.array(step, { maxLength: 6 }),
    multiline,
  )
  await fc.assert(
    fc.asyncProperty(input, async ([lines, steps, chosen]) => {
      const content = Buffer.from(lines.map(bytesOf).join(''))
      const open = (): Promise<FeedBench> => FeedBench.open({ container: 'cri', multiline: chosen }, 4_096)
      const atOnce = await open()
      await atOnce.read(content, 1_048_576)
      const bench = await open()
      let size = 0
      for (const { share, chunkBytes, crash } of steps) {
        size = Math.max(size, Math.round(share * content.length))
        await bench.read(content.subarray(0, size), chunkBytes)
        if (crash !== 'no') await bench.crash(size, crash === 'heard')
      }
      await bench.read(content, 200)
      const pairs = async (of: FeedBench): Promise<Event[]> =>
        (await of.records()).map(({ offset, text }) => [offset, text])
      assert.deepEqual(await pairs(bench), await pairs(atOnce))
      assert.equal(bench.source.acked, atOnce.source.acked)
    }),
    { numRuns: Math.ceil(Number(process.env['LOGPIPE_FEED_RUNS'] ?? 400) / 4) },
  )
})

import assert from 'node:assert/strict'
import { appendFileSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { constants, gzipSync } from 'node:zlib'
import { silentLogger } from '@logpipe/runtime'
import { kinds, logLines, pack } from './harvest/packed/testing.ts'
import { Rig } from './testing/rig.ts'

const entries = [{ path: '*.log*' }]
const numbered = (from: number, to: number): string[] =>
  Array.from({ length: to - from }, (_, i) => `line ${from + i} ${'x'.repeat((from + i) % 90)}`)

/** As gzip does it: the packed file is there before the plain one goes. */
function compress(rig: Rig, name: string, kind: 'gzip' | 'zstd' = 'gzip'): void {
  writeFileSync(rig.dir.file(`${name}.gz`), pack[kind](readFileSync(rig.dir.file(name))))
  rmSync(rig.dir.file(name))
}

async function pollFor(rig: Rig, seconds: number): Promise<void> {
  for (let second = 0; second < seconds; second++) await rig.pollAfter(1_000)
}

for (const kind of kinds) {
  test(`${kind}: a packed file is read as what it holds, at the offsets of what it holds, and goes on after a stop`, async (t) => {
    const rig = await Rig.start(t, { entries })
    const text = logLines(700_000)
    rig.dir.append('old.log.gz', pack[kind](text))
    rig.kafka.holding = true
    await rig.poll()
    for (let i = 0; i < 3; i++) {
      rig.kafka.answerOne(0)
      await rig.poll()
    }
    rig.crash()
    rig.kafka.loseRequests()
    rig.kafka.holding = false
    await rig.restart()
    await pollFor(rig, 2)
    const expected = text.toString().split('\n').slice(0, -1)
    assert.deepEqual(await rig.lines(), expected)
    const arrived = await rig.arrived()
    assert.equal(new Set(arrived.map(({ source }) => source)).size, 1)
    for (const { offset, text: line } of arrived.slice(0, 100))
      assert.equal(text.toString('utf8', offset, offset + line.length), line)
    await rig.bounce()
    await pollFor(rig, 2)
    assert.equal((await rig.lines()).length, expected.length)
    await rig.stop()
  })

  test(`${kind}: a rotated file that was read plain is not read again packed`, async (t) => {
    const rig = await Rig.start(t, { entries })
    rig.dir.appendLines('a.log', numbered(0, 100))
    await rig.poll()
    rig.dir.rotate('a.log')
    await rig.poll()
    compress(rig, 'a.log.1', kind)
    await pollFor(rig, 20)
    rig.dir.rename('a.log.1.gz', 'a.log.2.gz')
    await pollFor(rig, 2)
    await rig.bounce()
    await pollFor(rig, 10)
    assert.deepEqual(await rig.lines(), numbered(0, 100))
    assert.deepEqual(rig.state('a.log.2.gz')?.reason, null)
    assert.equal(rig.state('a.log.2.gz')?.state, 'idle')
    await rig.stop()
  })
}

test('a file that was half read before the agent stopped is finished from what it was packed into', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log', numbered(0, 100))
  await rig.poll()
  await rig.stop()
  rig.dir.appendLines('a.log', numbered(100, 300))
  rig.dir.rotate('a.log')
  compress(rig, 'a.log.1')
  rig.dir.appendLines('a.log', ['new'])
  await rig.restart()
  await pollFor(rig, 10)
  const lines = await rig.lines()
  assert.deepEqual(lines.toSorted(), [...numbered(0, 300), 'new'].toSorted())
  const old = (await rig.arrived()).filter(({ text }) => text !== 'new')
  assert.equal(new Set(old.map(({ source }) => source)).size, 1)
  await rig.stop()
})

test('copytruncate and compress between two looks: what was unread is read from the packed copy', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log', numbered(0, 100))
  await rig.poll()
  rig.dir.appendLines('a.log', numbered(100, 200))
  rig.dir.copyTruncate('a.log')
  compress(rig, 'a.log.1')
  await pollFor(rig, 10)
  assert.deepEqual(await rig.lines(), numbered(0, 200))
  assert.equal(new Set((await rig.arrived()).map(({ source }) => source)).size, 1)
  await rig.stop()
})

test('files that are the same are known one by one: as many are not read again as were read', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log', ['started', 'ended'])
  await rig.poll()
  rig.dir.rotate('a.log')
  await rig.poll()
  compress(rig, 'a.log.1')
  await pollFor(rig, 10)
  await rig.stop()
  rig.dir.append('b.log.gz', pack.gzip(Buffer.from('started\nended\n')))
  await rig.restart()
  await pollFor(rig, 10)
  assert.deepEqual(await rig.lines(), ['started', 'ended', 'started', 'ended'])
  await rig.stop()
})

test('a packed file that is written bit by bit waits for the rest, and says so', async (t) => {
  const rig = await Rig.start(t, { entries, limits: { flushPartialMs: 500 } })
  const text = logLines(300_000)
  const packed = pack.gzip(text)
  for (const part of [5, 20_000, packed.length - 4]) {
    writeFileSync(rig.dir.file('a.log.gz'), packed.subarray(0, part))
    await pollFor(rig, 3)
    const { state, reason } = rig.state('a.log.gz') ?? {}
    assert.match(reason ?? '', /not complete yet/, `${state}`)
  }
  appendFileSync(rig.dir.file('a.log.gz'), packed.subarray(-4))
  await pollFor(rig, 3)
  assert.deepEqual(await rig.lines(), text.toString().split('\n'))
  await rig.stop()
})

test('a broken packed file is failed with its sentence, said once; what stands before is sent, and others go on', async (t) => {
  const said: string[] = []
  const rig = await Rig.start(t, { entries, log: { ...silentLogger, warn: (message) => void said.push(message) } })
  const packed = pack.gzip(logLines(300_000))
  packed.fill(0xff, 30_000, 30_100)
  rig.dir.append('a.log.gz', packed)
  rig.dir.appendLines('b.log', ['b'])
  await pollFor(rig, 8)
  assert.equal(rig.state('a.log.gz')?.state, 'failed')
  assert.match(rig.state('a.log.gz')?.reason ?? '', /a\.log\.gz is packed and broken: /)
  assert.equal(said.filter((message) => message.includes('broken')).length, 1)
  const lines = await rig.lines()
  assert.ok(lines.includes('b') && lines.length > 100)
  await rig.stop()
})

test('many packed files and few handles: all are read', async (t) => {
  const rig = await Rig.start(t, { entries, limits: { maxOpenFiles: 1 } })
  for (let i = 0; i < 9; i++) rig.dir.append(`${i}.log.gz`, pack.gzip(Buffer.from(`${i} one\n${i} two\n`)))
  await pollFor(rig, 15)
  assert.equal((await rig.lines()).length, 18)
  await rig.stop()
})

test('a packed file that is deleted before it is complete is let go of', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.append('a.log.gz', pack.gzip(Buffer.from('1\n')).subarray(0, 12))
  await pollFor(rig, 2)
  assert.equal(rig.agent.openFiles, 1)
  rig.dir.remove('a.log.gz')
  await pollFor(rig, 50)
  assert.equal(rig.agent.openFiles, 0)
  assert.equal(rig.state('a.log.gz'), undefined)
  await rig.stop()
})

test('packed files that are broken from their beginning on do not keep others from being read', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.gz' }] })
  const broken = Buffer.concat([Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]), Buffer.alloc(200, 0xff)])
  for (let i = 0; i < 5; i++) rig.dir.append(`b${i}.gz`, broken)
  await rig.poll()
  rig.dir.append('good.gz', pack.gzip(Buffer.from('one\ntwo\n')))
  for (let i = 0; i < 20; i++) await rig.pollAfter(1_000)
  assert.deepEqual(await rig.lines(), ['one', 'two'])
})

test('what of a packed file may have been sent before a crash says so', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.gz' }] })
  const text = Buffer.from(Array.from({ length: 10_000 }, (_, i) => `line ${i} ${'x'.repeat(80)}\n`).join(''))
  rig.dir.append('a.gz', pack.gzip(text))
  rig.kafka.holding = true
  await rig.poll()
  for (let i = 0; i < 5; i++) {
    rig.kafka.answerOne(0)
    await rig.poll()
  }
  await rig.pollAfter(1_000)
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  await rig.restart()
  for (let i = 0; i < 10; i++) await rig.pollAfter(1_000)
  const seen = new Set<number>()
  const bad: number[] = []
  for (const { offset, resent } of await rig.arrived()) {
    if (seen.has(offset) && !resent) bad.push(offset)
    seen.add(offset)
  }
  assert.equal(seen.size, 10_000)
  assert.deepEqual(bad, [])
})

test('a packed file that was half there, and is then written anew with something else, is read', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.gz' }] })
  const rnd = (seed: number): Buffer =>
    Buffer.from(Array.from({ length: 3_000 }, (_, i) => `${seed} ${Math.sin(i * seed)}\n`).join(''))
  const first = pack.gzip(rnd(7))
  writeFileSync(rig.dir.file('a.gz'), first.subarray(0, first.length >> 1))
  for (let i = 0; i < 3; i++) await rig.pollAfter(1_000)
  writeFileSync(rig.dir.file('a.gz'), pack.gzip(rnd(3)))
  for (let i = 0; i < 30; i++) await rig.pollAfter(1_000)
  const lines = new Set(await rig.lines())
  assert.equal(
    rnd(3)
      .toString()
      .split('\n')
      .slice(0, -1)
      .filter((l) => !lines.has(l)).length,
    0,
  )
})

test('a packed file that begins with the few bytes of a deleted file, and goes on, is another one', async (t) => {
  const rig = await Rig.start(t, { entries: [{ path: '*.log*' }] })
  rig.dir.appendLines('x.log', ['started'])
  await rig.poll()
  await rig.pollAfter(1000)
  rmSync(rig.dir.file('x.log'))
  for (let i = 0; i < 8; i++) await rig.pollAfter(1000)
  rig.dir.append('y.log.1.gz', pack.gzip(Buffer.from('started\nother\n')))
  for (let i = 0; i < 8; i++) await rig.pollAfter(1000)
  assert.deepEqual(await rig.lines(), ['started', 'started', 'other'])
})

test('a short file whose lines were sent but not known as acknowledged goes on, packed, under its id', async (t) => {
  const rig = await Rig.start(t, { entries })
  rig.dir.appendLines('a.log', ['one', 'two'])
  rig.kafka.holding = true
  await rig.poll()
  rig.crash()
  rig.kafka.loseAnswers()
  rig.kafka.holding = false
  rig.dir.rotate('a.log')
  compress(rig, 'a.log.1')
  await rig.restart()
  await pollFor(rig, 10)
  const arrived = await rig.arrived()
  assert.deepEqual(new Set(arrived.map(({ text }) => text)), new Set(['one', 'two']))
  assert.equal(new Set(arrived.map(({ source }) => source)).size, 1)
  await rig.stop()
})

for (const isRenamed of [false, true]) {
  test(`a packed file of a few lines whose writer has died is read as far as it goes${isRenamed ? ', also under a name that no entry matches' : ''}`, async (t) => {
    const rig = await Rig.start(t, { entries: [{ path: '*.gz' }] })
    const lines = numbered(0, 5)
    const text = lines.map((line) => `${line}\n`).join('')
    rig.dir.append('a.gz', gzipSync(text, { finishFlush: constants.Z_SYNC_FLUSH }))
    await pollFor(rig, 20)
    assert.deepEqual(await rig.lines(), [])
    if (isRenamed) rig.dir.rename('a.gz', 'a.old')
    await pollFor(rig, 70)
    await rig.settle()
    assert.deepEqual(await rig.lines(), lines)
    await rig.stop()
  })
}

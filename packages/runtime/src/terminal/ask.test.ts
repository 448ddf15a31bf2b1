import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { terminalAsk } from './ask.ts'

/** A terminal of which the test holds both ends. */
function terminal(isTTY = true): { stdin: NodeJS.Process['stdin']; stderr: NodeJS.Process['stderr']; shown(): string } {
  const [stdin, stderr] = [new PassThrough(), new PassThrough({ encoding: 'utf8' })]
  let text = ''
  stderr.on('data', (chunk: string) => (text += chunk))
  return Object.assign(
    { stdin: Object.assign(stdin, { isTTY }), stderr: Object.assign(stderr, { isTTY }), shown: () => text } as never,
    {},
  )
}

test('a person sees the question and the answer is what was typed', async () => {
  const { stdin, stderr, shown } = terminal()
  const ask = terminalAsk({ stdin, stderr })
  assert.ok(ask)
  const answer = ask('Sure? ')
  stdin.emit('data', Buffer.from('yes\r'))
  assert.equal(await answer, 'yes')
  assert.match(shown(), /Sure\? /)
})

test('Ctrl-C, Ctrl-D and a signal are no answer', async () => {
  for (const key of ['\u0003', '\u0004']) {
    const { stdin, stderr } = terminal()
    const answer = terminalAsk({ stdin, stderr })?.('Sure? ')
    stdin.emit('data', Buffer.from(key))
    assert.equal(await answer, '')
  }
  const { stdin, stderr } = terminal()
  const stop = new AbortController()
  const answer = terminalAsk({ stdin, stderr })?.('Sure? ', stop.signal)
  stop.abort()
  assert.equal(await answer, '')
})

test('without a terminal there is nobody to ask', () => {
  assert.equal(terminalAsk(terminal(false)), undefined)
})

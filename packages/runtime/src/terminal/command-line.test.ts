import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isLogpipeError, LogpipeError } from '../errors.ts'
import { version } from '../version.ts'
import { runCommandLine } from './command-line.ts'
import { keptOutput } from './kept-output.ts'

/** Runs `prog ARGS…`, whose command `go` does this. */
async function run(
  args: string[],
  action: () => Promise<void> | void = () => undefined,
  signal?: AbortSignal,
): Promise<{ code: number; stdout: string; stderr: string }> {
  const { output, stdout, stderr } = keptOutput()
  const code = await runCommandLine(args, {
    name: 'prog',
    output,
    build: (program) => void program.command('go').option('--fast', 'at once').action(action),
    ...(signal && { signal }),
  })
  return { code, stdout: stdout.text, stderr: stderr.text }
}

test('help is exit code 0 and stands on stdout', async () => {
  const { code, stdout, stderr } = await run(['--help'])
  assert.deepEqual([code, stderr], [0, ''])
  assert.match(stdout, /^Usage: prog [^]* go /)
})

test('the version is told', async () => {
  assert.deepEqual(await run(['--version']), { code: 0, stdout: `${version}\n`, stderr: '' })
})

test('bad usage is exit code 2 and a sentence of the program, with nothing that acts on a terminal', async () => {
  assert.deepEqual(await run(['go', '--fst']), {
    code: 2,
    stdout: '',
    stderr: "prog: Unknown option '--fst'\n(Did you mean --fast?)\n",
  })
  const { code, stderr } = await run(['go', '--\u001b[2J'])
  assert.equal(code, 2)
  assert.match(stderr, /'--\\e\[2J'/)
})

test('what a command throws is a sentence: settings are exit code 2, all else is 1', async () => {
  const wrong = new LogpipeError('settings_invalid', 'The file is wrong:\n\u001b[31m.')
  assert.deepEqual(await run(['go'], () => Promise.reject(wrong)), {
    code: 2,
    stdout: '',
    stderr: 'prog: The file is wrong:\n    \\e[31m.\n',
  })
  const failed = await run(['go'], () => Promise.reject(new Error('no', { cause: new Error('why') })))
  assert.deepEqual([failed.code, failed.stderr], [1, 'prog: no: why\n'])
})

test('a command that was stopped has not failed, unlike one that fails after the stop', async () => {
  const signal = AbortSignal.abort()
  const stopped = await run(['go'], () => Promise.reject(signal.reason), signal)
  assert.deepEqual([stopped.code, stopped.stderr], [0, ''])
  const failed = await run(['go'], () => Promise.reject(new Error('disk full')), signal)
  assert.deepEqual([failed.code, failed.stderr], [1, 'prog: disk full\n'])
  assert.ok(!isLogpipeError(signal.reason))
})

test('a command says by `exit` how it ended', async () => {
  const { output } = keptOutput()
  const build: Parameters<typeof runCommandLine>[1]['build'] = (program, exit) =>
    void program.command('go').action(() => exit(3))
  assert.equal(await runCommandLine(['go'], { name: 'prog', output, build }), 3)
})

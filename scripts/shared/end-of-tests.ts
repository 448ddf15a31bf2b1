import { basename } from 'node:path'
import { after } from 'node:test'

// Loaded into each test process, and into those only: none of them outlives its tests.

/** What the tests of a file share may take so long to close. */
const closeMs = Number(process.env.LOGPIPE_TEST_CLOSE_MS ?? 60_000)

interface Internals {
  reallyExit(code: number): never
  _getActiveHandles(): object[]
}
const internals = process as unknown as Internals

/**
 * When all is over the process ends at once: Node 24 may else wait for ever, at full load, in its own clean-up
 * (`Environment::CleanupHandles`) for a socket that was reset while its end was under way.
 */
function leave(code: number): never {
  return internals.reallyExit(code)
}

// The last of those that are told: nobody is after it.
process.on('beforeExit', () => void process.off('exit', leave).on('exit', leave))

// What is left open fails the file, as a process that never ends would, but soon and with its name.
after(() => {
  setTimeout(() => {
    const kept = internals._getActiveHandles().map(described)
    const file = basename(process.argv[1] ?? '')
    console.error(
      `${file}: its tests ended ${closeMs / 1_000} s ago, and something still keeps the process alive; it is ended now. ` +
        `Close at the end of the tests what is here: ${process.getActiveResourcesInfo().join(', ')}; ${kept.join('; ')}.`,
    )
    process.exit(1)
  }, closeMs).unref()
})

function described(handle: object): string {
  const telling = ['spawnfile', 'pid', 'localPort', 'remotePort', 'destroyed', 'writableEnded', 'listening']
  const told = telling.flatMap((name) => {
    const value: unknown = Reflect.get(handle, name)
    return value === undefined ? [] : [`${name} ${String(value)}`]
  })
  return [handle.constructor.name, ...told].join(' ')
}

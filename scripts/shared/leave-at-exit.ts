/**
 * Loaded into each test process, and into those only. When all is over (nothing keeps the process alive any more, so leaked sockets and timers still hang
 * it), it ends at once: Node 24 may else wait for ever, at full load, in its own clean-up (`Environment::CleanupHandles`) for a request of a socket that was reset.
 */
function leave(code: number): never {
  return (process as unknown as { reallyExit: (code: number) => never }).reallyExit(code)
}

// The last of those that are told: nobody is after it.
process.on('beforeExit', () => void process.off('exit', leave).on('exit', leave))

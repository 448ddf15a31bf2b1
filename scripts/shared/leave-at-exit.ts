/**
 * Loaded into each test process, and into those only. When all is over (nothing keeps the process alive any more, so leaked sockets and timers still hang
 * it), it ends at once: Node 24 may else wait for ever, at full load, in its own clean-up (`Environment::CleanupHandles`) for a request of a socket that was reset.
 */
process.on('exit', (code) => (process as unknown as { reallyExit: (code: number) => never }).reallyExit(code))

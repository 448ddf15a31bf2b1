import { exitCodes } from '@logpipe/runtime'
import type { Ask, Output } from '@logpipe/runtime/terminal'

/** What a command has of the world around it. */
export interface CommandContext {
  output: Output
  /** Undefined where nobody can be asked. */
  ask: Ask | undefined
  /** A signal that SIGINT and SIGTERM abort. From the first call on they do not end the process; a second one does. */
  untilStopped(): AbortSignal
}

/** Exit codes of logagent, on top of those of all our programs. */
export const agentExitCodes = {
  ...exitCodes,
  /** Nobody answers at `http.listen`. */
  noAgent: 3,
  /** A running agent holds the registry. */
  registryHeld: 4,
} as const

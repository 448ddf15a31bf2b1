import type { Command } from 'commander'
import type { Ask, Output } from '@logpipe/runtime/terminal'
import type { AddressFlags, CliSettings, Environment } from '../settings.ts'

/** What a command has of the world around it. */
export interface CommandContext {
  output: Output
  /** Undefined where nobody can be asked. */
  ask: Ask | undefined
  /** Aborted by Ctrl-C. */
  signal: AbortSignal
  readStdin: ReadStdin
  env: Environment
  /** The settings, with flags that the command itself takes. Throws `settings_invalid`. */
  settings: (flags?: AddressFlags) => CliSettings
  /** Sets the exit code of a command that did not throw. */
  exit: (code: number) => void
}

/** Reads all of stdin; bounded. */
export type ReadStdin = () => Promise<string>

/** Adds a family of commands to `logctl`. */
export type AddCommands = (program: Command, context: CommandContext) => void

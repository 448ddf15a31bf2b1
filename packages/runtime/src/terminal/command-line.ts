import { Command, CommanderError } from 'commander'
import { isLogpipeError } from '../errors.ts'
import { exitCodes } from '../shutdown.ts'
import { version } from '../version.ts'
import { escapeControls, escapeLines } from './escape.ts'
import type { Output } from './output.ts'
import { sentence } from './sentence.ts'
import { isStop } from './stop.ts'

export interface CommandLineOptions {
  /** As it is typed; stands before every error. */
  name: string
  output: Output
  /** Adds description, options and commands; `exit` sets the exit code of a command that did not throw. */
  build: (program: Command, exit: (code: number) => void) => void
  /** Aborted by Ctrl-C: a command that ends with this as its reason has not failed. */
  signal?: AbortSignal
}

/**
 * Runs `NAME ARGS…`: prints help and results to `output`, and errors as sentences after the program's name. Resolves to the exit code: what `exit` was
 * given, 2 for bad usage or settings, 1 for what else was thrown. Never rejects, and never ends the process.
 */
export async function runCommandLine(args: readonly string[], options: CommandLineOptions): Promise<number> {
  const { name, output, build, signal } = options
  let code: number = exitCodes.ok
  const program = new Command(name)
  // Before any command is added: commands inherit both.
  program.exitOverride().configureOutput({
    writeOut: (text) => void output.stdout.write(text),
    writeErr: (text) => void output.stderr.write(asOurs(name, text)),
  })
  program.version(version, '--version', 'tell the version')
  build(program, (exitCode) => (code = exitCode))
  try {
    await program.parseAsync(args, { from: 'user' })
    return code
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.badSettings
    if (signal !== undefined && isStop(error, signal)) return exitCodes.ok
    output.stderr.write(`${name}: ${escapeLines(sentence(error))}\n`)
    return isLogpipeError(error, 'settings_invalid') ? exitCodes.badSettings : exitCodes.failed
  }
}

/** `error: unknown option` as `NAME: Unknown option`. It quotes what was typed, which may come from a script. */
function asOurs(name: string, text: string): string {
  const lines = text.replace(/^error: (.)/, (_, first: string) => `${name}: ${first.toUpperCase()}`).split('\n')
  return lines.map(escapeControls).join('\n')
}

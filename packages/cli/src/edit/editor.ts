import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { LogpipeError } from '@logpipe/runtime'
import type { Environment } from '../settings.ts'

/** The command of the editor: VISUAL, EDITOR, or vi where a person is there. Throws `settings_invalid` where there is none. */
export function editorCommand({ VISUAL, EDITOR }: Environment, isPersonThere: boolean): string {
  const named = [VISUAL, EDITOR].find((command) => command !== undefined && command.trim() !== '')
  if (named !== undefined) return named
  if (isPersonThere) return 'vi'
  throw new LogpipeError('settings_invalid', 'Nobody can edit here: set EDITOR, or use put with a file.')
}

/**
 * Lets the editor have a file; resolves when it has ended well. Rejects with `settings_invalid` where there is none such, with `aborted`
 * where it ended otherwise: that is how editors say that nothing is to be done.
 */
export async function runEditor(command: string, file: string): Promise<void> {
  // By the shell, as everybody does: the command may have arguments (`code --wait`).
  const child = spawn('/bin/sh', ['-c', `${command} "$1"`, 'sh', file], { stdio: 'inherit' })
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
  if (code === 0) return
  if (code === 127) throw new LogpipeError('settings_invalid', `The editor '${command}' was not found; set EDITOR.`)
  const how = signal === null ? `exit code ${code}` : signal
  throw new LogpipeError('aborted', `The editor '${command}' ended with ${how}; nothing was changed.`)
}

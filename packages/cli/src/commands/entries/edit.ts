import {
  type ChangeableKey,
  type Fault,
  formatFaults,
  readPipelineText,
  readStanding,
  type Standing,
} from '@logpipe/config'
import { abortedError } from '@logpipe/runtime'
import { escapeControls } from '@logpipe/runtime/terminal'
import { Draft } from '../../edit/draft.ts'
import { editorCommand, runEditor } from '../../edit/editor.ts'
import { type Applied, apply, type ApplyFlags } from '../../entries/apply.ts'
import type { StoreSession } from '../../entries/session.ts'
import { contentOf, type TargetFlags, targetOf } from '../../entries/target.ts'
import { prettyJson } from '../../output/json.ts'
import type { Environment } from '../../settings.ts'
import { valueProblems } from '../../validate/value-problems.ts'

export interface EditFlags extends TargetFlags, ApplyFlags {}

/**
 * `logctl entries edit`, `groups edit`, `pipelines edit`: lets a person change in the editor what stands there, again where it is not sound, and writes
 * it. What was written in vain is kept in a file, which is told.
 */
export async function edit(flags: EditFlags, session: StoreSession, env: Environment): Promise<Applied> {
  const { store, prefix, output, ask } = session
  const target = targetOf(flags)
  const command = editorCommand(env, ask !== undefined)
  const standing = await readStanding(store, prefix, target)
  const draft = new Draft(target.kind === 'pipeline' ? `${target.name}.yaml` : 'entries.json')
  let result: Applied = 'refused'
  try {
    const value = await edited(standing, draft, command, session)
    if (value !== undefined) result = await apply(standing, value, flags, session)
    return result
  } finally {
    if (result === 'refused' && draft.isChanged) {
      output.stderr.write(`logctl: What you wrote is in ${escapeControls(draft.file)}.\n`)
    } else draft.discard()
  }
}

/** The value that a person has made of what stands there; undefined: it is not sound, and stays so. */
async function edited(
  standing: Standing,
  draft: Draft,
  command: string,
  { output, ask, signal }: StoreSession,
): Promise<string | null | undefined> {
  const { target, key, value } = standing
  const before = value === null ? templates[target.kind] : (prettyJson(value) ?? value)
  let text = before
  // What stands there may be unsound: it came by other hands.
  let faults: readonly Fault[] = value === null ? [] : valueProblems(target, value, key)
  for (;;) {
    draft.write(text, remarks(standing, faults))
    await runEditor(command, draft.file)
    if (signal.aborted) throw abortedError(signal)
    text = draft.read()
    if (text.trim() === '' || text.trim() === before.trim()) return value
    const made = valueIn(target, text, key)
    if (made.faults.length === 0) return made.value
    faults = made.faults
    output.stderr.write(`logctl: That cannot be written:\n${formatFaults(faults)}\n`)
    if (ask === undefined) return undefined
    const answer = await ask('Edit it again? [Y/n] ', signal)
    if (signal.aborted) throw abortedError(signal)
    if (/^n/i.test(answer.trim())) return undefined
    text = text.replace(/^\n+/, '')
  }
}

/** What a text says, as it is written, and what is wrong with it. */
function valueIn(target: ChangeableKey, text: string, key: string): { value: string; faults: readonly Fault[] } {
  if (target.kind !== 'pipeline') {
    const value = compact(text)
    return { value, faults: valueProblems(target, value, key) }
  }
  const read = readPipelineText(text, 'your text')
  if (!read.ok) return { value: text, faults: read.faults }
  const { json } = read.value
  return { value: json, faults: valueProblems(target, json, key) }
}

function compact(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text))
  } catch {
    return text // What is wrong with it is told with its line.
  }
}

const templates: Record<ChangeableKey['kind'], string> = {
  host: '[]\n',
  group: '{\n  "selector": {},\n  "entries": []\n}\n',
  pipeline: '{\n  "processors": []\n}\n',
}

function remarks({ target, revision }: Standing, faults: readonly Fault[]): string[] {
  const what = contentOf(target).replace(/^./, (first) => first.toUpperCase())
  const state = revision === 0 ? 'not there yet' : `as of revision ${revision}`
  const form = target.kind === 'pipeline' ? 'JSON or YAML' : 'JSON'
  const wrong = faults.length === 0 ? [] : ['This is wrong with it:', escapeFaults(faults)]
  return [
    `${what}, ${state}; ${form}. These lines, which begin with #, are left out.`,
    'Save it to write it; leave it as it is, or empty it, to change nothing.',
    ...wrong,
  ]
}

function escapeFaults(faults: readonly Fault[]): string {
  return formatFaults(faults).split('\n').map(escapeControls).join('\n')
}

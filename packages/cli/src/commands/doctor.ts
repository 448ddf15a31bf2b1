import { count, escapeControls, type Output, print } from '@logpipe/runtime/terminal'
import { examineAll } from '../doctor/examination.ts'
import type { Level, NamedFinding } from '../doctor/finding.ts'
import { jsonLine } from '../output/json.ts'
import type { CliSettings } from '../settings.ts'

export interface DoctorFlags {
  json?: boolean
}

/** What `logctl doctor --json` prints. */
export interface DoctorReport {
  /** Nothing is a problem. */
  healthy: boolean
  findings: NamedFinding[]
}

/** `logctl doctor`: makes all checks and prints what they found. Resolves to whether nothing is a problem. */
export async function doctor(
  flags: DoctorFlags,
  settings: CliSettings,
  output: Output,
  signal: AbortSignal,
): Promise<boolean> {
  const findings = await examineAll(settings, signal)
  const healthy = findings.every(({ level }) => level !== 'problem')
  const report: DoctorReport = { healthy, findings }
  await print(output, flags.json === true ? jsonLine(report) : render(findings))
  return healthy
}

const words: Record<Level, string> = { ok: 'ok', unknown: '?', warning: 'WARNING', problem: 'PROBLEM' }

function render(findings: readonly NamedFinding[]): string {
  const width = Math.max(...Object.values(words).map(({ length }) => length)) + 2
  const lines = findings.flatMap(({ level, about, check, found, todo }) => [
    `${words[level].padEnd(width)}${about} ${check}: ${escapeControls(found)}`,
    ...(todo === undefined ? [] : [`${' '.repeat(width)}→ ${escapeControls(todo)}`]),
  ])
  const some = (level: Level, name: string): string => {
    const number = findings.filter((finding) => finding.level === level).length
    return `${count(number)} ${name}${number === 1 ? '' : 's'}`
  }
  return `${lines.join('\n')}\n\n${some('problem', 'problem')}, ${some('warning', 'warning')}.\n`
}

import { spawnSync } from 'node:child_process'
import { basename } from 'node:path'
import process from 'node:process'
import type { FoundProgram } from '@logpipe/stack'

/** Name and version of an opponent, from its own words. */
export function versionOf({ program, env }: FoundProgram): string {
  const flag = basename(program) === 'kcat' ? '-V' : '-v'
  const { stdout, stderr } = spawnSync(program, [flag], { encoding: 'utf8', env: { ...process.env, ...env } })
  return readVersion(basename(program), `${stdout}${stderr}`)
}

/** The program's version and that of librdkafka where it tells; only the name where it tells nothing. */
export function readVersion(name: string, output: string): string {
  const library = /librdkafka (\d[\w.]*)/.exec(output)?.[1]
  const version = /(?:Version |rsyslogd\s+)(\d[\w.]*)/.exec(output)?.[1]
  const parts = [name, ...(version === undefined ? [] : [version])]
  return library === undefined ? parts.join(' ') : `${parts.join(' ')} (librdkafka ${library})`
}

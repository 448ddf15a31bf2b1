import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeAfter, type Scope } from '@logpipe/testkit'
import { findDebianProgram } from '@logpipe/stack'

/** A record as kcat writes it. */
export interface KcatRecord {
  /** Without a newline. */
  value: string
  key?: string
  headers?: Readonly<Record<string, string>>
}

/** Writes records by kcat, as installed or from Debian's packages; an empty value is a tombstone. One partition. */
export async function writeByKcat(
  scope: Scope,
  brokers: readonly string[],
  topic: string,
  records: readonly KcatRecord[],
): Promise<void> {
  const stop = new AbortController()
  closeAfter(scope, () => stop.abort())
  const wanted = { name: 'kcat', packages: ['kcat'], path: 'usr/bin/kcat', withDependencies: true }
  const { program, env } = await findDebianProgram(wanted, { onProgress: () => {}, signal: stop.signal })
  // One run for each record: headers are given on the command line.
  for (const { value, key = '', headers = {} } of records) {
    const args = ['-P', '-b', brokers.join(','), '-t', topic, '-p', '0', '-K', '\t', '-Z', '-z', 'gzip']
    for (const [name, text] of Object.entries(headers)) args.push('-H', `${name}=${text}`)
    const child = spawn(program, args, {
      env: { ...process.env, ...env },
      stdio: ['pipe', 'ignore', 'pipe'],
      signal: stop.signal,
    })
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text))
    child.stdin.end(`${key}\t${value}\n`)
    const [code] = (await once(child, 'close')) as [number | null]
    if (code !== 0) throw new Error(`kcat ended with ${code}: ${said}`)
  }
}

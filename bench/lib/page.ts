import { spawnSync } from 'node:child_process'
import { cpus, release, totalmem } from 'node:os'
import process from 'node:process'

/** Rows as a table in Markdown; the first is the heading, numbers stand right. */
export function markdownTable(rows: readonly (readonly (string | number)[])[]): string {
  const [heading = [], ...body] = rows
  const cell = (value: string | number): string =>
    (typeof value === 'number' ? value.toLocaleString('en') : value).replaceAll('|', '\\|')
  const row = (values: readonly (string | number)[]): string => `| ${values.map(cell).join(' | ')} |`
  const rules = heading.map((_, column) => (body.some((values) => typeof values[column] === 'number') ? '---:' : '---'))
  return [row(heading), `|${rules.join('|')}|`, ...body.map(row)].join('\n')
}

/** Processors, memory, system and Node.js, for the head of a page. */
export function describeMachine(): string {
  const processors = cpus()
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${processors.length} × ${processors[0]?.model ?? 'unknown'}, ${memory} GiB, Linux ${release()}, Node.js ${process.versions.node}`
}

/** The commit that is checked out. */
export function commit(): string {
  const { stdout, status } = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { encoding: 'utf8' })
  return status === 0 ? stdout.trim() : 'unknown'
}

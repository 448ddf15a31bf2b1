import type { Measure } from './collector.ts'
import type { Collected, Snapshot } from './collection.ts'

/** Whose points they are. */
export interface Measured {
  readonly id: string
  readonly host: string
  readonly ip: string
  readonly labels: Readonly<Record<string, string>>
}

/**
 * The points of a snapshot, each a JSON object, one of each collector and thing (disk, mount): measurement, tags, fields and time are what the route to
 * InfluxDB takes; the rest is for Elasticsearch, which InfluxDB's passes over (docs/design/agent.md, Host metrics).
 */
export function pointsOf({ at, collected }: Snapshot, { id, host, ip, labels }: Measured): string[] {
  const common = { host: { name: host, ip }, agent: { id }, labels }
  const rest = `"timestamp":${at},"@timestamp":${at},${JSON.stringify(common).slice(1)}`
  // What is ours counts where a label has the same name.
  const own = { ...labels, host, ip, agent: id }
  return collected.flatMap(({ collector, readings }) =>
    readings.map(({ tags, values }) => {
      const head = JSON.stringify({ measurement: `host_${collector.name}`, tags: { ...own, ...tags } })
      return `${head.slice(0, -1)},"fields":{${fieldsOf(collector.measures, values)}},${rest}`
    }),
  )
}

function fieldsOf(measures: readonly Measure[], values: Collected['readings'][number]['values']): string {
  const parts: string[] = []
  for (const { fields, isFloat } of measures) {
    for (const name of Object.keys(fields)) {
      const value = values[name]
      if (value !== undefined) parts.push(`${JSON.stringify(name)}:${numberText(value, isFloat)}`)
    }
  }
  return parts.join(',')
}

/** As JSON: what may have a fraction always has one, or an exponent; all else never. */
function numberText(value: number, isFloat: boolean): string {
  if (!Number.isFinite(value)) return 'null'
  const text = String(isFloat ? value : Math.round(value))
  return isFloat && /^-?\d+$/.test(text) ? `${text}.0` : text
}

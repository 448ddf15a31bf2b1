import type { Bulk } from '../bulk.ts'
import { escapeMeasurement, escapeName } from './escape.ts'

const conflictPattern =
  /input field "(.{1,256}?)" on measurement "(.{1,256}?)" is type (integer|unsigned|float|string|boolean), already exists/s

/** How a value of each type begins, and ends where that matters. */
const valuePatterns: Readonly<Record<string, string>> = {
  integer: String.raw`-?\d+i(?=[, \n])`,
  unsigned: String.raw`\d+u(?=[, \n])`,
  float: String.raw`[-.\d][\d.eE+-]*(?=[, \n])`,
  string: '"',
  boolean: '[tTfF]',
}

/**
 * The items of a bulk that are probably meant by a refusal which names a field and the type that it must not have; empty where
 * it names none. A guess that saves requests: what is to be accepted or rejected, the server says of those items alone.
 */
export function findCulprits(bulk: Bulk, reason: string): number[] {
  const [, field, measurement, type] = conflictPattern.exec(reason) ?? []
  if (field === undefined || measurement === undefined || type === undefined) return []
  const isOfMeasurement = new RegExp(String.raw`(?:^|\n)${literally(escapeMeasurement(measurement))}[, ]`)
  const hasField = new RegExp(String.raw`[, ]${literally(escapeName(field))}=${valuePatterns[type] ?? ''}`)
  const culprits: number[] = []
  for (let item = 0; item < bulk.count; item++) {
    const text = bulk.body.toString('utf8', bulk.startOf(item), bulk.endOf(item))
    if (isOfMeasurement.test(text) && hasField.test(text)) culprits.push(item)
  }
  return culprits
}

function literally(text: string): string {
  return text.replaceAll(/[\\^$.*+?()[\]{}|]/g, String.raw`\$&`)
}

import type { Bulk } from './bulk.ts'

/** Where an item of a bulk for Elasticsearch goes: what its action line says. For the slow paths. */
export function actionOf(bulk: Bulk, item: number): { target: string; id: string } {
  const start = bulk.startOf(item)
  const line = bulk.body.toString('utf8', start, bulk.body.indexOf(0x0a, start))
  const { create } = JSON.parse(line) as { create: { _index: string; _id: string } }
  return { target: create._index, id: create._id }
}

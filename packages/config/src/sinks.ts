import type { z } from 'zod'
import type { Route } from './pipeline/route.ts'
import { coversGlob } from './topic.ts'

type Issue = Pick<z.core.$ZodIssue, 'path' | 'message'>

/** What is wrong with settings that name no Elasticsearch, each at the setting that wants it; none where every topic goes to InfluxDB. */
export function withoutElasticsearch(
  topics: readonly string[],
  routes: readonly Pick<Route, 'topics' | 'sink'>[],
): Issue[] {
  if (!routes.some(({ sink }) => sink === 'influxdb')) return [{ path: ['elasticsearch'], message: 'is missing' }]
  const wanting = routes.flatMap(({ sink }, number) => (sink === 'influxdb' ? [] : [number]))
  if (wanting.length > 0) {
    const message =
      'is elasticsearch (the default), and the section `elasticsearch` is missing: add it, or send these topics to InfluxDB by `sink: influxdb`'
    return wanting.map((number) => ({ path: ['routes', number, 'sink'], message }))
  }
  const left = topics.filter((glob) => glob.startsWith('!'))
  return topics.flatMap((glob, number) => {
    if (glob.startsWith('!') || routes.some((route) => coversGlob(route.topics, glob, left))) return []
    const message =
      'can find topics that no route sends to InfluxDB, and there is no section `elasticsearch` for them: name the same glob in a route with `sink: influxdb`, or add the section'
    return [{ path: ['kafka', 'topics', number], message }]
  })
}

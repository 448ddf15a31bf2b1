import { matchTopic, type Route } from '@logpipe/config'
import type { Defaults } from './origin.ts'

/** The route that decides for a topic: the first that matches; undefined where none does. */
export function routeOf(routes: readonly Route[], topic: string): Route | undefined {
  return routes.find(({ topics }) => matchTopic(topics, topic))
}

/** Where the documents of a topic go, and how its lines are parsed, as far as their source does not say it. */
export function defaultsOf(
  routes: readonly Route[],
  topic: string,
  { type, namespace }: Pick<Defaults, 'type' | 'namespace'>,
): Defaults {
  const route = routeOf(routes, topic)
  if (route === undefined) return { type, namespace }
  const { dataset, pipeline, index } = route
  return {
    type,
    namespace: route.namespace ?? namespace,
    ...(dataset === undefined ? {} : { dataset }),
    ...(pipeline === undefined ? {} : { pipeline }),
    ...(index === undefined ? {} : { index }),
  }
}

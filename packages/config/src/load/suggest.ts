import leven from 'leven'

/** The candidate that `name` was probably meant to be; undefined when none is near. Case and separators do not count. */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  const wanted = plain(name)
  const limit = Math.max(1, Math.min(4, Math.ceil(wanted.length * 0.4)))
  let best: string | undefined
  let bestDistance = limit + 1
  for (const candidate of candidates) {
    const distance = leven(wanted, plain(candidate), { maxDistance: limit + 1 })
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/**
 * The setting that an unknown key was probably meant to be: first among its siblings, then a key of such a name elsewhere
 * (`broker` at the top means `kafka.brokers`).
 */
export function nearestSetting(
  key: string,
  siblings: readonly string[],
  allPaths: readonly string[],
): string | undefined {
  const sibling = nearest(key, siblings)
  if (sibling !== undefined) return sibling
  const leaves = new Map(allPaths.map((path) => [path.slice(path.lastIndexOf('.') + 1), path]))
  const leaf = nearest(key, leaves.keys())
  return leaf === undefined ? undefined : leaves.get(leaf)
}

/** At most 100 characters: a name that long is not a slip of the finger, and leven's time grows with the square. */
function plain(name: string): string {
  return name.slice(0, 100).toLowerCase().replaceAll(/[_-]/g, '')
}

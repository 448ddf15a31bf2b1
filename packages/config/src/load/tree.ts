/** A value of settings before it is checked. */
export type Tree = Record<string, unknown>

export function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/**
 * Sets the value at `path`, making sections on the way; a number walks into a list that is there. What is in the way and is
 * neither is replaced. Own properties only: no name reaches a prototype.
 */
export function setAt(tree: Tree, path: readonly string[], value: unknown): void {
  let node: Tree | unknown[] = tree
  path.forEach((part, index) => {
    const last = index === path.length - 1
    let next: unknown = Object.hasOwn(node, part) ? (node as Tree)[part] : undefined
    if (last) next = value
    else if (typeof next !== 'object' || next === null) next = {}
    Object.defineProperty(node, part, { value: next, enumerable: true, configurable: true, writable: true })
    if (!last) node = next as Tree | unknown[]
  })
}

/** The same tree without keys that were given no value (`etcd:` with nothing below counts as not given). */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutEmpty)
  if (!isTree(value)) return value
  const entries = Object.entries(value).filter(([, item]) => item !== null && item !== undefined)
  return Object.fromEntries(entries.map(([key, item]) => [key, withoutEmpty(item)]))
}

/** What a resource is closed by: the `t` of a test, or anything else that runs a function at its end (a bench, a suite). */
export interface Scope {
  after(close: () => Promise<void> | void): void
}

type Close = () => Promise<void> | void

/**
 * A scope that ends with a test file, for what its tests share: `fileScope(after)`, at the top of the file. `after` itself, called in a
 * `before`, would end with that.
 */
export function fileScope(after: (close: Close) => void): Scope {
  const closes: Close[] = []
  after(() => closeAll(closes))
  return { after: (close) => void closes.push(close) }
}

const stacks = new WeakMap<Scope, Close[]>()

/**
 * Runs `close` when `scope` ends: last opened, first closed, and every one of them even where another fails.
 * NOTE: `t.after` alone runs its hooks in order of registration and stops at the first that throws, which leaks the rest.
 */
export function closeAfter(scope: Scope, close: Close): void {
  let stack = stacks.get(scope)
  if (stack === undefined) {
    const opened: Close[] = []
    stack = opened
    stacks.set(scope, opened)
    scope.after(() => closeAll(opened))
  }
  stack.push(close)
}

async function closeAll(stack: Close[]): Promise<void> {
  const errors: unknown[] = []
  for (let close = stack.pop(); close !== undefined; close = stack.pop()) {
    try {
      await close()
    } catch (error) {
      errors.push(error)
    }
  }
  if (errors.length === 1) throw errors[0]
  if (errors.length > 1) throw new AggregateError(errors, `${errors.length} resources of the test failed to close.`)
}

import type { ConfigStore } from '../store.ts'
import type { PastChange } from './audit.ts'
import { auditPages } from './audit-pages.ts'

/** What was changed at `key`, oldest first, by revision. Reads all of `audit/`, page by page. */
export async function historyOf(store: ConfigStore, prefix: string, key: string): Promise<PastChange[]> {
  const found: PastChange[] = []
  for await (const page of auditPages(store, prefix)) {
    found.push(...page.flatMap(({ change }) => (change.key === key ? [change] : [])))
  }
  return found.toSorted((a, b) => a.revision - b.revision)
}

import { type CollectEntry, entryId } from '@logpipe/config'

/** What an entry is known by. */
export type StartedEntry = Pick<CollectEntry, 'id' | 'topic' | 'path'>

/** Its own id, and the one that it would have without: who gives it another id goes on with the same files. */
export function namesOf({ id, topic, path }: StartedEntry): string[] {
  const usual = entryId(topic, path)
  return usual === id ? [id] : [id, usual]
}

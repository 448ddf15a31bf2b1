import type { TopicPartition } from '@logpipe/kafka'
import type { DeadLetters } from './dead-letters.ts'
import type { LetterFilter } from './filter.ts'

/** The beginning of a partition whose letters are all done. */
interface Beginning extends TopicPartition {
  /** The first letter that stays. */
  end: number
  letters: number
  identities: Set<string>
  isOver: boolean
}

/**
 * Deletes from Kafka, for good, the letters at the beginning of each wanted partition that are done and, where the filter gives a time,
 * were put away before it; then takes away the marks that nothing is left of. Resolves to how many letters are gone.
 */
export async function purge(letters: DeadLetters, filter: LetterFilter, signal: AbortSignal): Promise<number> {
  let deleted = 0
  for (const topic of await letters.topics(filter, signal)) {
    const beginnings = new Map<number, Beginning>()
    const staying = new Set<string>()
    for await (const letter of letters.all(topic, undefined, signal)) {
      const { partition, offset } = letter.address
      let beginning = beginnings.get(partition)
      if (beginning === undefined) {
        beginning = { topic, partition, end: offset, letters: 0, identities: new Set(), isOver: false }
        beginnings.set(partition, beginning)
      }
      const isOld = filter.beforeMs === undefined || letter.writtenMs < filter.beforeMs
      beginning.isOver ||= !isOld || letters.marks.of(letter) === undefined
      if (beginning.isOver) {
        // A copy that stays needs the mark that both share.
        staying.add(letter.identity)
        continue
      }
      beginning.end = offset + 1
      beginning.letters++
      beginning.identities.add(letter.identity)
    }
    for (const beginning of beginnings.values()) {
      if (beginning.letters === 0) continue
      await letters.cluster.deleteRecords(beginning, beginning.end, signal)
      deleted += beginning.letters
    }
    const gone = [...beginnings.values()].flatMap(({ identities }) => [...identities])
    await letters.marks.forget(
      gone.filter((identity) => !staying.has(identity)),
      signal,
    )
  }
  return deleted
}

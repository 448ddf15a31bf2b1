import type { RecordCursor } from '@logpipe/kafka'
import type { Bulk } from '../sink/bulk.ts'

/** What became of a record. `dropped`: a pipeline wants no document of it. */
export type Written = 'own' | 'foreign' | 'tombstone' | 'dropped' | 'full'

/** Writes the records of one partition into bulks in the form of the partition's sink. One owner. */
export interface RecordWriter {
  /** Adds the record under the cursor to `bulk`. `full`: it has no room, nothing was written; an empty bulk always has. */
  write(cursor: RecordCursor, bulk: Bulk): Written
}

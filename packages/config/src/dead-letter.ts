import { z } from 'zod'
import { topicFault } from './topic.ts'

/** What is put behind a topic's name to make that of its dead letters. */
export const DeadLetterSuffix = z
  .string()
  .max(100)
  .refine(
    (suffix) => topicFault(`x${suffix}`) === null && suffix !== '',
    "may hold letters, digits, '.', '_' and '-' only",
  )
  .default('.dlq')

import { z } from 'zod'

/** What a pipeline may read but never write: the documents' ids and streams are made from these. */
const ours = ['data_stream', 'event.created', 'event.ingested', 'event.dataset', 'log.offset', 'log.file.path']

/** A field of the document, dotted as in ECS: `http.response.status_code`. `message` is the line. */
export const FieldPath = z
  .string()
  .max(512)
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  .refine((path) => /^[^.\s\u0000-\u001f]+(\.[^.\s\u0000-\u001f]+)*$/.test(path), {
    error: 'must be a dotted name of a field without blanks, such as http.response.status_code',
  })
  .meta({ title: 'field' })

/** A field that a processor writes. */
export const TargetPath = FieldPath.refine(
  (path) => !ours.some((name) => path === name || path.startsWith(`${name}.`)),
  {
    error: `must not be one of those that logpipe itself writes: ${ours.join(', ')}`,
  },
)

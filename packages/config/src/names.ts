import { z } from 'zod'

/** Name of something of ours (entry, pipeline, group, agent): it stands in etcd keys, metrics labels and addresses. */
export const Name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$/, {
  error: "must start with a letter or digit and hold letters, digits, '.', '_' and '-' only, at most 128 of them",
})

/** Name of a label or field. */
export const FieldName = z.string().regex(/^[A-Za-z_][A-Za-z0-9._-]{0,127}$/, {
  error: "must start with a letter or '_' and hold letters, digits, '.', '_' and '-' only, at most 128 of them",
})

/** Longest part of a data stream's name, in bytes of UTF-8. */
export const maxDataStreamPartBytes = 100

/**
 * The `<dataset>` or `<namespace>` of a data stream `logs-<dataset>-<namespace>`, by Elasticsearch's rules. What passes here is used as it
 * is, letters of any script included: the transfer changes nothing of it.
 */
export const DataStreamPart = z
  .string()
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  .regex(/^[^-_+.A-Z\\/*?"<>|,#: \u0000-\u001f\u007f-][^-A-Z\\/*?"<>|,#: \u0000-\u001f\u007f]*$/u, {
    abort: true,
    error:
      "must not be empty and hold no capitals, no '-', no blank and none of \\ / * ? \" < > | , # : and must not start with '_', '+' or '.'",
  })
  .refine((text) => text === text.toLowerCase() && !/[\p{Cc}\p{Cs}]/u.test(text), {
    abort: true,
    error: 'must be in lower case and hold no control characters',
  })
  .refine((text) => Buffer.byteLength(text) <= maxDataStreamPartBytes, {
    error: `must be at most ${maxDataStreamPartBytes} bytes long`,
  })

/** Free text that rides along (a tag, a label's value): no control characters, at most 1,024 characters. */
export const Label = z
  .string()
  .max(1_024)
  // oxlint-disable-next-line no-control-regex -- control characters are what it refuses
  .refine((text) => !/[\u0000-\u001f\u007f-\u009f]/.test(text), 'must not hold control characters')

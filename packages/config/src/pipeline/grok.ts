import { z } from 'zod'
import { common, parsed } from './options.ts'

const Pattern = z.string().min(1).max(4_096).meta({ title: 'grok pattern' })

/** Takes a text apart by grok patterns. */
export const Grok = z.strictObject({
  ...parsed,
  patterns: z
    .array(Pattern)
    .min(1)
    .max(50)
    .describe(
      'Patterns as `%{IP:source.ip} %{WORD:http.request.method} %{INT:http.response.bytes:int}`; the first that matches decides.',
    ),
  definitions: z
    .record(z.string().regex(/^[A-Za-z0-9_]{1,64}$/, "must hold letters, digits and '_' only"), Pattern)
    .default({})
    .describe('Patterns of your own by name; they come before those that are known.'),
  ...common,
})

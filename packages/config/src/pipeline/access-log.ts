import { z } from 'zod'
import { TargetPath } from './field-path.ts'
import { common, parsed } from './options.ts'
import { zoned } from './timestamp.ts'

const formats = ['nginx', 'apache', 'apacheVhost', 'nginxError', 'apacheError'] as const

const named: ReadonlySet<string> = new Set(formats)

/** The option of those that take a header off a text. */
export const content = {
  content: TargetPath.exactOptional().describe(
    'The field that gets the text behind the header; `message`: in place of the whole line. Default: none.',
  ),
}

/** Takes lines of nginx and Apache apart. */
export const AccessLog = z.strictObject({
  ...parsed,
  format: z
    .string()
    .max(4_096)
    .refine((format) => named.has(format) || /[$%]/.test(format), {
      error: `must be one of ${formats.join(', ')}, or a log_format of nginx ('$remote_addr …') or a LogFormat of Apache ('%h …')`,
    })
    .default('nginx')
    .describe(
      '`nginx` and `apache` (common and combined, with addresses forwarded and time taken behind), `apacheVhost` (host and port in front), `nginxError`, `apacheError`; or your `log_format` (`$remote_addr …`) or `LogFormat` (`%h …`).',
    )
    .meta({ title: 'log format' }),
  ...zoned,
  ...content,
  ...common,
})

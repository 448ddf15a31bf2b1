import { z } from 'zod'
import { holds } from '../holds.ts'
import { AccessLog } from './access-log.ts'
import { Add } from './add.ts'
import { Convert } from './convert.ts'
import { Csv } from './csv.ts'
import { Drop } from './drop.ts'
import { Grok } from './grok.ts'
import { Json } from './json.ts'
import { Level } from './level.ts'
import { Logfmt } from './logfmt.ts'
import { Regex } from './regex.ts'
import { Remove } from './remove.ts'
import { Rename } from './rename.ts'
import { Syslog } from './syslog.ts'
import { Timestamp } from './timestamp.ts'

/** Every processor: its name and its options. A new one is a line here and a line in the transfer's own table. */
export const processors = {
  accessLog: AccessLog,
  add: Add,
  convert: Convert,
  csv: Csv,
  drop: Drop,
  grok: Grok,
  json: Json,
  level: Level,
  logfmt: Logfmt,
  regex: Regex,
  remove: Remove,
  rename: Rename,
  syslog: Syslog,
  timestamp: Timestamp,
}

export type ProcessorName = keyof typeof processors

/** The options of a processor, defaults filled in. */
export type ProcessorSpec<Name extends ProcessorName> = z.output<(typeof processors)[Name]>

type Forms = { [Name in ProcessorName]: z.ZodExactOptional<(typeof processors)[Name]> }

const names = Object.keys(processors) as ProcessorName[]
const forms = Object.fromEntries(names.map((name) => [name, processors[name].exactOptional()])) as Forms

/** One step of a pipeline: an object with one key, the processor's name; its value, the options. */
export const Processor = z.strictObject(forms).superRefine(
  (processor, context) => {
    const count = Object.keys(processor).length
    if (count !== 1) context.addIssue(`must have exactly one key, the processor's name: ${names.join(', ')}`)
  },
  { when: holds({}) },
)

export type Processor = z.output<typeof Processor>

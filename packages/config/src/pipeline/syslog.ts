import { z } from 'zod'
import { content } from './access-log.ts'
import { common, parsed } from './options.ts'
import { zoned } from './timestamp.ts'

/** Takes lines of syslog apart. */
export const Syslog = z.strictObject({ ...parsed, ...zoned, ...content, ...common })

/** Writes docs/config.md from the schemas of @logpipe/config. Run: node --conditions=logpipe-source scripts/config-reference.ts */
import { writeFileSync } from 'node:fs'
import { settingsPage } from '@logpipe/config'

writeFileSync(new URL('../docs/config.md', import.meta.url), settingsPage())

/** Writes docs/config.md, and the tables of docs/pipelines.md, from the schemas of @logpipe/config. Run: node --conditions=logpipe-source scripts/config-reference.ts */
import { readFileSync, writeFileSync } from 'node:fs'
import { fillPipelinesPage, settingsPage } from '@logpipe/config'

const pipelines = new URL('../docs/pipelines.md', import.meta.url)

writeFileSync(new URL('../docs/config.md', import.meta.url), settingsPage())
writeFileSync(pipelines, fillPipelinesPage(readFileSync(pipelines, 'utf8')))

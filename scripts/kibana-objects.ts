/** Writes deploy/kibana/logpipe.ndjson from the objects of the transfer. Run: node --conditions=logpipe-source scripts/kibana-objects.ts */
import { mkdirSync, writeFileSync } from 'node:fs'
import { savedObjects, toNdjson } from '@logpipe/transfer'

const folder = new URL('../deploy/kibana/', import.meta.url)
mkdirSync(folder, { recursive: true })
writeFileSync(new URL('logpipe.ndjson', folder), toNdjson(savedObjects('logs-*-*')))

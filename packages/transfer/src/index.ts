export { savedObjects, toNdjson } from './kibana/saved-objects.ts'
export { runTransfer } from './run.ts'
